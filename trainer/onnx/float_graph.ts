import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { Block, ConvolutionBatchNorm, Network } from "../moco/architecture.ts";
import type { Graph, Initializer, Node } from "./model.ts";
import {
  add,
  clip,
  conv,
  div,
  flatten,
  gemm,
  globalAveragePool,
  maxPool,
  reduceL2,
  relu,
} from "./operators.ts";

export const INPUT = "input";
export const OUTPUT = "embedding";

/** Which vector comes out: the projection head's output, or the globally average-pooled features below it. */
export type Layer = "projection" | "backbone";

/**
 * The encoder as a float32 graph: `input` [N, 3, size, size], normalised as the bundle's preprocessing says,
 * to `embedding` [N, D] of unit L2 norm.
 *
 * @param folded the encoder's layers with batch norm folded in (see `foldBatchNorms`)
 * @param size the picture's side in pixels
 */
export function floatGraph(network: Network, folded: TensorMap, size: number, layer: Layer): Graph {
  const nodes: Node[] = [];
  const initializers = new Map<string, Initializer>();
  const emit = (node: Node): string => {
    nodes.push(node);
    return node.output;
  };
  const constant = (name: string): string => {
    const { shape, data } = folded.get(name)!;
    initializers.set(name, { dims: shape, data });
    return name;
  };
  const convolve = (
    x: string,
    { convolution: name, kernel, stride, padding }: ConvolutionBatchNorm,
  ): string =>
    emit(conv(x, constant(`${name}.weight`), constant(`${name}.bias`), name, { kernel, stride, padding }));
  const rectify = (x: string): string => emit(relu(x, `${x}.relu`));

  const residual = (x: string, { convolutions, downsample }: Block, name: string): string => {
    const branch = convolutions.reduce(
      (y, layer, index) => convolve(index === 0 ? y : rectify(y), layer),
      x,
    );
    const shortcut = downsample ? convolve(x, downsample) : x;
    return rectify(emit(add(branch, shortcut, name)));
  };

  let x = convolve(INPUT, network.stem); // [N, width, H, W]
  if (network.stemRelu) x = rectify(x);
  if (network.maxPool) x = emit(maxPool(x, "maxpool", { kernel: 3, stride: 2, padding: 1 }));
  network.blocks.forEach((block, index) => x = residual(x, block, `block${index}`));
  x = emit(flatten(emit(globalAveragePool(x, "avgpool")), "features")); // [N, features]
  if (layer === "projection") {
    network.head.forEach(({ name }, index) => {
      if (index > 0) x = rectify(x);
      x = emit(gemm(x, constant(`${name}.weight`), constant(`${name}.bias`), name)); // [N, out]
    });
  }
  // F.normalize: the norm, at least 1e-12.
  initializers.set("epsilon", { dims: [], data: Float32Array.of(1e-12) });
  const norm = emit(clip(emit(reduceL2(x, "norm")), "epsilon", "norm.clipped"));
  emit(div(x, norm, OUTPUT));

  return {
    inputs: [{ name: INPUT, shape: ["N", 3, size, size] }],
    outputs: [{ name: OUTPUT, shape: ["N", dimensions(network, layer)] }],
    initializers,
    nodes,
  };
}

/** Length of the vector that `floatGraph` gives for `layer`. */
export function dimensions(network: Network, layer: Layer): number {
  return layer === "backbone" ? network.features : network.head.at(-1)!.out;
}
