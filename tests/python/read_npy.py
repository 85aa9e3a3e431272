"""Reads a NumPy file and prints its dtype, shape, memory order and values as JSON.

usage: read_npy.py FILE
"""

import json
import sys

import numpy

array = numpy.load(sys.argv[1])
print(json.dumps([array.dtype.str, array.shape, array.flags.c_contiguous, array.tolist()]))
