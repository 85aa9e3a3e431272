import type { Node } from "./model.ts";

// One function per ONNX operator, named after it: input names, then the output's name, then attributes.
// Reference: onnx.ai/onnx/operators, operator set 17.

/** A square window of a convolution or a pooling; `padding` elements on each of the four sides. */
export interface Window {
  kernel: number;
  stride: number;
  padding: number;
}

/** Convolution of `x` [N, C, H, W] with `weight` [O, C, kernel, kernel], plus `bias` [O]. */
export function conv(x: string, weight: string, bias: string, output: string, window: Window): Node {
  return { operator: "Conv", inputs: [x, weight, bias], output, attributes: windowAttributes(window) };
}

/** Maximum over each window of `x` [N, C, H, W]: float32 or uint8. */
export function maxPool(x: string, output: string, window: Window): Node {
  return { operator: "MaxPool", inputs: [x], output, attributes: windowAttributes(window) };
}

/** Mean over the pixels of `x`: [N, C, H, W] to [N, C, 1, 1]. */
export function globalAveragePool(x: string, output: string): Node {
  return { operator: "GlobalAveragePool", inputs: [x], output, attributes: {} };
}

export function relu(x: string, output: string): Node {
  return { operator: "Relu", inputs: [x], output, attributes: {} };
}

export function add(a: string, b: string, output: string): Node {
  return { operator: "Add", inputs: [a, b], output, attributes: {} };
}

export function mul(a: string, b: string, output: string): Node {
  return { operator: "Mul", inputs: [a, b], output, attributes: {} };
}

/** Every element of `x` to the power of the scalar `exponent`. */
export function pow(x: string, exponent: string, output: string): Node {
  return { operator: "Pow", inputs: [x, exponent], output, attributes: {} };
}

export function div(a: string, b: string, output: string): Node {
  return { operator: "Div", inputs: [a, b], output, attributes: {} };
}

/** Elements of `x` below the scalar `min` become `min`. */
export function clip(x: string, min: string, output: string): Node {
  return { operator: "Clip", inputs: [x, min], output, attributes: {} };
}

/** [N, C, 1, 1] to [N, C]. */
export function flatten(x: string, output: string): Node {
  return { operator: "Flatten", inputs: [x], output, attributes: { axis: 1 } };
}

/** A linear layer in PyTorch's layout: `x` [N, in] times the transpose of `weight` [out, in], plus `bias` [out]. */
export function gemm(x: string, weight: string, bias: string, output: string): Node {
  return { operator: "Gemm", inputs: [x, weight, bias], output, attributes: { transB: 1 } };
}

/** L2 norm of each row of `x`: [N, D] to [N, 1]. */
export function reduceL2(x: string, output: string): Node {
  return { operator: "ReduceL2", inputs: [x], output, attributes: { axes: [1], keepdims: 1 } };
}

/** `x / scale` rounded (half to even), plus `zeroPoint`, saturated to the zero point's type. */
export function quantizeLinear(x: string, scale: string, zeroPoint: string, output: string): Node {
  return { operator: "QuantizeLinear", inputs: [x, scale, zeroPoint], output, attributes: {} };
}

/** `(x - zeroPoint) * scale`; a vector of scales runs along the first axis. */
export function dequantizeLinear(x: string, scale: string, zeroPoint: string, output: string): Node {
  return { operator: "DequantizeLinear", inputs: [x, scale, zeroPoint], output, attributes: { axis: 0 } };
}

function windowAttributes({ kernel, stride, padding }: Window): Record<string, number[]> {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
}
