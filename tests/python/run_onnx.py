"""Checks ONNX files with ONNX's own checker and runs them in Python's onnxruntime.

usage: run_onnx.py PICTURES SIZE FILE...

PICTURES has float32 values [N, 3, SIZE, SIZE]. Prints JSON: for each file its metadata, the shape of its input, and the
embeddings of all pictures at once and of the first alone.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

pictures, size, *files = sys.argv[1:]
x = numpy.fromfile(pictures, numpy.float32).reshape(-1, 3, int(size), int(size))
result = {}
for file in files:
    onnx.checker.check_model(file, full_check=True)
    options = onnxruntime.SessionOptions()
    # Without VNNI, x86's 8-bit products saturate; WebAssembly's do not.
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()[0]
    result[file] = {
        "metadata": session.get_modelmeta().custom_metadata_map,
        "input": inputs.shape,
        "embeddings": session.run(None, {inputs.name: x})[0].tolist(),
        "first": session.run(None, {inputs.name: x[:1]})[0][0].tolist(),
    }
print(json.dumps(result))
