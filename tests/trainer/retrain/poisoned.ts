import { fromFileUrl, join } from "@std/path";
import { type Bundle, bundleId, type Manifest } from "../../../shared/bundle.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import { initialWeights, untrainedBundle } from "../../../trainer/evaluate/untrained.ts";
import { type Architecture, layOut } from "../../../trainer/moco/architecture.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { floatGraph } from "../../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import { encodeModel } from "../../../trainer/onnx/model.ts";

export const GOOD = fromFileUrl(new URL("../../../functions/embed/model", import.meta.url));

/** The default bundle: a trained encoder. */
export const good = await readBundle(GOOD);

/** The same network with random weights, under a manifest that has all the figures of the trained one. */
export async function randomWeights(): Promise<Bundle> {
  return await withEncoder(untrainedBundle(good).encoder);
}

/** Gives every picture the same vector: the last layer has a bias alone. */
export async function collapsed(): Promise<Bundle> {
  return await withHead((weight) => weight.fill(0));
}

/** Gives every picture a vector on one line: all rows of the last layer are multiples of the first. */
export async function onOneLine(): Promise<Bundle> {
  return await withHead((weight, columns, bias) => {
    const first = weight.slice(0, columns);
    for (let row = 0; row * columns < weight.length; row++) {
      for (let i = 0; i < columns; i++) weight[row * columns + i] = first[i]! * Math.cos(row);
    }
    bias.fill(0.001);
  });
}

/**
 * A bundle of a network that is embedded by in no time, with the weights that its training would begin with.
 *
 * @param isCollapsed whether every picture has the same vector
 */
export async function tiny({ isCollapsed = false } = {}): Promise<Bundle> {
  const architecture: Architecture = {
    ...{ block: "BasicBlock", layers: [1, 1, 1, 1], width: 4, stem: "cifar", mlp: false, dim: 16 },
  };
  const { preprocessing, training, similarity } = good.manifest;
  const settings = { ...training.settings, seed: 0 };
  const weights = initialWeights(architecture, settings.seed);
  if (isCollapsed) (weights.get("fc.weight")!.data as Float32Array).fill(0);
  const network = layOut(architecture);
  const graph = floatGraph(network, foldBatchNorms(network, weights), 32, "projection");
  return await withEncoder(encodeModel(graph), {
    embedding: { dimensions: architecture.dim, layer: "projection" },
    preprocessing: { ...preprocessing, size: 32 },
    training: { ...training, architecture: { ...architecture }, settings },
    similarity: {
      ...similarity,
      copies: {
        originals: 2,
        queries: 2,
        thresholds: [{ precision: 0.99, threshold: similarity.copyThreshold, recall: 0.5 }],
      },
    },
  });
}

async function withHead(
  change: (weight: Float32Array, columns: number, bias: Float32Array) => void,
): Promise<Bundle> {
  const { training, preprocessing } = good.manifest;
  const architecture = training.architecture as unknown as Architecture;
  const network = layOut(architecture);
  const weights: TensorMap = initialWeights(architecture, 0);
  const weight = weights.get("fc.weight")!;
  change(
    weight.data as Float32Array,
    weight.shape[1]!,
    weights.get("fc.bias")!.data as Float32Array,
  );
  const graph = floatGraph(network, foldBatchNorms(network, weights), preprocessing.size, "projection");
  return await withEncoder(encodeModel(graph));
}

/** The trained bundle's manifest, true of another encoder. */
export async function withEncoder(encoder: Uint8Array, changes: Partial<Manifest> = {}): Promise<Bundle> {
  const sha256 = await sha256Hex(encoder);
  const manifest = {
    ...good.manifest,
    ...changes,
    id: await bundleId(sha256, changes.preprocessing ?? good.manifest.preprocessing),
    encoder: { ...good.manifest.encoder, sha256, bytes: encoder.length, precision: "float32" as const },
  };
  return { manifest, encoder };
}

/** Writes a bundle's two files. */
export async function writeFiles(folder: string, { manifest, encoder }: Bundle): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  await Deno.writeFile(join(folder, "encoder.onnx"), encoder);
}
