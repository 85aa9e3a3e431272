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
  mul,
  pow,
  reduceL2,
  relu,
} from "./operators.ts";

export const INPUT = "input";
export const OUTPUT = "embedding";

/** Which vector comes out: the projection head's output, or the globally pooled features below it. */
export type Layer = "projection" | "backbone";

/** The name of the layer that whitens. */
export const WHITENING = "whitening";

/** A linear map of embeddings (see `fitWhitening`): weight [out, in], bias [out]. */
export interface Whitening {
  weight: Float32Array;
  bias: Float32Array;
}

/**
 * The encoder as a float32 graph: `input` [N, 3, size, size], normalised as the bundle's preprocessing says,
 * to `embedding` [N, D] of unit L2 norm.
 *
 * @param folded the encoder's layers with batch norm folded in (see `foldBatchNorms`)
 * @param size the picture's side in pixels
 * @param whitening what the embeddings of unit length go through before they are normalised once more
 */
export function floatGraph(
  network: Network,
  folded: TensorMap,
  size: number,
  layer: Layer,
  whitening?: Whitening,
): Graph {
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
  const scalar = (name: string, value: number): string => {
    initializers.set(name, { dims: [], data: Float32Array.of(value) });
    return name;
  };
  const convolve = (
    x: string,
    { convolution: name, kernel, stride, padding }: ConvolutionBatchNorm,
  ): string =>
    emit(conv(x, constant(`${name}.weight`), constant(`${name}.bias`), name, { kernel, stride, padding }));
  const rectify = (x: string): string => emit(relu(x, `${x}.relu`));

  const residual = (x: string, { convolutions, downsample }: Block): string => {
    const branch = convolutions.reduce(
      (y, layer, index) => convolve(index === 0 ? y : rectify(y), layer),
      x,
    );
    const shortcut = downsample ? convolve(x, downsample) : x;
    const block = convolutions[0]!.convolution.replace(/\.conv1$/, "");
    return rectify(emit(add(branch, shortcut, `${block}.add`)));
  };

  /** mean(max(x, 1e-6)^3)^(1/3), as in training (operations.ts). */
  const generalizedMean = (x: string): string => {
    const positive = emit(clip(x, scalar("gem.floor", 1e-6), "gem.positive"));
    const cube = emit(mul(positive, emit(mul(positive, positive, "gem.square")), "gem.cube"));
    return emit(pow(emit(globalAveragePool(cube, "gem.mean")), scalar("gem.third", 1 / 3), "gem"));
  };
  /** F.normalize: by the norm, at least 1e-12. */
  const normalize = (x: string, output: string): string => {
    const norm = emit(reduceL2(x, `${output}.norm`));
    return emit(div(x, emit(clip(norm, scalar("epsilon", 1e-12), `${output}.norm.clipped`)), output));
  };

  let x = convolve(INPUT, network.stem); // [N, width, H, W]
  if (network.stemRelu) x = rectify(x);
  if (network.maxPool) x = emit(maxPool(x, "maxpool", { kernel: 3, stride: 2, padding: 1 }));
  for (const block of network.blocks) x = residual(x, block);
  const pooled = network.pooling === "gem" ? generalizedMean(x) : emit(globalAveragePool(x, "avgpool"));
  x = emit(flatten(pooled, "features")); // [N, features]
  if (layer === "projection") {
    network.head.forEach(({ name }, index) => {
      if (index > 0) x = rectify(x);
      x = emit(gemm(x, constant(`${name}.weight`), constant(`${name}.bias`), name)); // [N, out]
    });
  }
  let length = dimensions(network, layer);
  if (whitening) {
    const { weight, bias } = whitening;
    initializers.set(`${WHITENING}.weight`, { dims: [bias.length, length], data: weight });
    initializers.set(`${WHITENING}.bias`, { dims: [bias.length], data: bias });
    x = normalize(x, "unwhitened");
    x = emit(gemm(x, `${WHITENING}.weight`, `${WHITENING}.bias`, WHITENING)); // [N, out]
    length = bias.length;
  }
  normalize(x, OUTPUT);

  return {
    inputs: [{ name: INPUT, shape: ["N", 3, size, size] }],
    outputs: [{ name: OUTPUT, shape: ["N", length] }],
    initializers,
    nodes,
  };
}

/** Length of the vector that `floatGraph` gives for `layer`, before whitening. */
export function dimensions(network: Network, layer: Layer): number {
  return layer === "backbone" ? network.features : network.head.at(-1)!.out;
}
