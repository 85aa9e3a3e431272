import { bundleId, type Manifest, manifestSchema, type Preprocessing } from "../../shared/bundle.ts";
import { sha256Hex } from "../../shared/digest.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import { type Architecture, layOut } from "../moco/architecture.ts";
import { calibrate } from "./calibrate.ts";
import { channelStatistics } from "./channel_statistics.ts";
import { chooseRanges } from "./choose_ranges.ts";
import { type Agreement, compareEmbeddings, copyThreshold } from "./compare.ts";
import { equalize } from "./equalize.ts";
import {
  dimensions,
  floatGraph,
  INPUT,
  type Layer,
  OUTPUT,
  WHITENING,
  type Whitening,
} from "./float_graph.ts";
import { chooseFloatLayers, type FloatLayer, lastAdditions, outputsOf } from "./float_layers.ts";
import { foldBatchNorms } from "./fold.ts";
import type { Range } from "./histogram.ts";
import { openJudge } from "./judge.ts";
import { measure } from "./measure.ts";
import { encodeModel, type Graph } from "./model.ts";
import { activations, quantize } from "./quantize.ts";
import { openSession } from "./session.ts";
import { fitWhitening } from "./whitening.ts";

/** A pair of different pictures in a thousand may pass for copies at the manifest's threshold. */
const DIFFERENT_PAIRS_ABOVE = 1e-3;

export interface BundleRequest {
  architecture: Architecture;
  /** The query encoder's tensors by their `state_dict` names, without prefix. */
  weights: TensorMap;
  preprocessing: Preprocessing;
  layer: Layer;
  /** Pictures to fit PCA whitening on, in the same form as below, and the dimensions that are kept (all where left out). */
  whitening?: { pictures: AsyncIterable<Float32Array>; dimensions?: number };
  /** Mean centred cosine on the probes for which layers are left float where int8 alone is below it. */
  int8Target: number;
  /** Pictures to choose the int8 ranges with; each [1, 3, size, size], normalised. */
  calibration: AsyncIterable<Float32Array>;
  /** Some of those, which are kept in memory: channels are equalized on them, and candidates judged. */
  probes: AsyncIterable<Float32Array>;
  /** Pictures that neither training nor calibration saw, in the same form. */
  heldOut: AsyncIterable<Float32Array>;
  training: Manifest["training"];
  created: Date;
}

/** How many calibration pictures `export` takes as probes. */
export const PROBES = 64;

/** What quantization costs and gains, on the held-out pictures. */
export interface Report extends Agreement {
  calibrationPictures: number;
  heldOutPictures: number;
  /** Layers that stayed float, and what that reached. */
  floatLayers: FloatLayer[];
  /** Float32 against int8. */
  bytes: { float: number; int8: number };
  /** Per picture, in onnxruntime-web on one thread. */
  milliseconds: { float: number; int8: number };
}

export interface BuiltBundle {
  /** Contents of `manifest.json`. */
  manifestJson: string;
  /** Contents of `encoder.onnx`: the int8 encoder. */
  encoder: Uint8Array;
  /** The float32 encoder that it was made from, as ONNX. */
  float: Uint8Array;
  report: Report;
}

/**
 * Makes a bundle from a trained encoder: folds batch norm, calibrates, quantizes, and measures the int8 encoder
 * against the float one. Pictures stream through; only their embeddings are kept.
 *
 * @throws {RangeError} if the weights are not the architecture's, or either stream has too few pictures
 */
export async function buildBundle(request: BundleRequest): Promise<BuiltBundle> {
  const { architecture, weights, preprocessing, layer, training, int8Target: target } = request;
  const { size } = preprocessing;
  const network = layOut(architecture);
  const folded = foldBatchNorms(network, weights);
  const plain = floatGraph(network, folded, size, layer);
  const whitened = request.whitening &&
    await whiten(plain, dimensions(network, layer), size, request.whitening);
  const graph = whitened ? floatGraph(network, folded, size, layer, whitened.whitening) : plain;
  const probes = await Array.fromAsync(request.probes);
  const equalized = equalize(graph, await channelStatistics(graph, probes, size));
  const { ranges: candidates, pictures: calibrationPictures } = await calibrate(
    equalized.graph,
    activations(equalized.graph),
    request.calibration,
    size,
  );
  // Whitening magnifies directions of little variance, and int8 weights would fill those with their rounding.
  const always = [...lastAdditions(equalized.graph), ...(whitened ? [WHITENING] : [])];
  const int8 = (ranges: Map<string, Range>, float: string[] = []): Graph =>
    quantize(
      equalized.graph,
      ranges,
      new Set([...always, ...outputsOf(equalized.graph, float)]),
      equalized.statistics,
    );
  const judge = await openJudge(graph, probes, size);
  const ranges = await chooseRanges(candidates, (ranges) => judge(int8(ranges)));
  const floatLayers = await chooseFloatLayers(
    equalized.graph,
    target,
    async (layers) => (await judge(int8(ranges, layers))).mean,
  );
  const int8Graph = int8(ranges, floatLayers.map(({ layer }) => layer));
  const { measured, pictures: heldOutPictures } = await measure(
    { float: encodeModel(graph), int8: encodeModel(int8Graph) },
    request.heldOut,
    size,
  );
  const length = whitened?.whitening.bias.length ?? dimensions(network, layer);
  const agreement = compareEmbeddings(measured.float.embeddings, measured.int8.embeddings, length);
  // The int8 embeddings, since it is those that are compared when served.
  const { threshold, pairs } = copyThreshold(measured.int8.embeddings, length, DIFFERENT_PAIRS_ABOVE);

  const facts = {
    format: "lookalike-bundle/1" as const,
    embedding: {
      ...{ dimensions: length, layer, pooling: network.pooling },
      ...(whitened && { whitening: { pictures: whitened.pictures } }),
    },
    preprocessing,
    similarity: { copyThreshold: threshold, differentPairsAbove: DIFFERENT_PAIRS_ABOVE, pairs },
    training,
  };
  const quantization = { calibrationPictures, heldOutPictures, ...agreement, floatLayers };
  const float = encodeModel(graph, metadata({ ...facts, precision: "float32" }));
  const encoder = encodeModel(int8Graph, metadata({ ...facts, precision: "int8", quantization }));
  const bytes = { float: float.length, int8: encoder.length };
  const milliseconds = { float: measured.float.milliseconds, int8: measured.int8.milliseconds };
  const sha256 = await sha256Hex(encoder);
  const manifest: Manifest = {
    ...facts,
    id: await bundleId(sha256, preprocessing),
    created: request.created.toISOString(),
    encoder: {
      ...{ file: "encoder.onnx", sha256, bytes: encoder.length },
      ...{ precision: "int8", input: INPUT, output: OUTPUT },
    },
    quantization: { ...quantization, bytes, milliseconds },
  };
  return {
    manifestJson: JSON.stringify(manifestSchema.parse(manifest), null, 2) + "\n",
    encoder,
    float,
    report: { ...quantization, bytes, milliseconds },
  };
}

/** Fits whitening to the embeddings that a graph gives. */
async function whiten(
  graph: Graph,
  length: number,
  size: number,
  { pictures, dimensions = length }: NonNullable<BundleRequest["whitening"]>,
): Promise<{ whitening: Whitening; pictures: number }> {
  const session = await openSession(graph, size);
  const embeddings: Float32Array[] = [];
  for await (const input of pictures) embeddings.push((await session.run(input)).get(OUTPUT)!);
  await session.release();
  const all = new Float32Array(embeddings.length * length);
  embeddings.forEach((embedding, i) => all.set(embedding, i * length));
  return { whitening: fitWhitening(all, length, dimensions), pictures: embeddings.length };
}

/**
 * What the manifest says, for the ONNX file itself, so that a file that lost its manifest can be recognised. What differs
 * from one export of the same encoder to the next (the date, times) is left out: equal encoders are equal files.
 */
function metadata(facts: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map((
      [name, value],
    ) => [`lookalike.${name}`, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
