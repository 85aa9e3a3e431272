"""Quantizes a float ONNX file with Python's onnxruntime: QDQ, weights per channel, ranges from the extremes.

usage: quantize_static.py FLOAT CALIBRATION SIZE OUT

CALIBRATION has float32 values [N, 3, SIZE, SIZE]. Activations are uint8 and weights int8, the pairing that runs fastest.
"""

import sys

import numpy
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

float_file, calibration, size, out = sys.argv[1:]
x = numpy.fromfile(calibration, numpy.float32).reshape(-1, 1, 3, int(size), int(size))


class Pictures(CalibrationDataReader):
    def __init__(self):
        self.each = iter(x)

    def get_next(self):
        picture = next(self.each, None)
        return None if picture is None else {"input": picture}


quantize_static(
    float_file,
    out,
    Pictures(),
    quant_format=QuantFormat.QDQ,
    per_channel=True,
    calibrate_method=CalibrationMethod.MinMax,
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
)
