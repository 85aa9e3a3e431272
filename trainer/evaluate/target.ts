import { join } from "@std/path";
import type { Preprocessing } from "../../shared/bundle.ts";
import { readRun } from "../checkpoint/run.ts";
import { exists } from "../files/exists.ts";
import { readBundle } from "../onnx/bundle_folder.ts";
import type { Layer } from "../onnx/float_graph.ts";
import { preprocessingOf } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { bundleEmbedder } from "./bundle_embedder.ts";
import type { Embedder } from "./embedder.ts";
import { EvaluationError } from "./error.ts";
import { networkEmbedder } from "./network_embedder.ts";
import { initialWeights, untrainedBundle } from "./untrained.ts";

/** What is evaluated. */
export interface Target {
  kind: "run" | "bundle";
  layer: Layer;
  embedder: Embedder;
  preprocessing: Preprocessing;
}

interface TargetOptions {
  /**
   * Of a run; by default the pooled features, which linear probes are trained on (paper, section 4.1). The official
   * CIFAR-10 demo has kNN look at its linear head's output. A bundle has one layer.
   */
  layer?: Layer;
  /** The same network with the weights that its training began with. */
  untrained: boolean;
}

/**
 * Opens a run's query encoder in TensorFlow, or a bundle's in WebAssembly.
 *
 * @throws {EvaluationError} if the folder is neither, or the bundle has another layer
 * @throws {CheckpointError} if the run has no checkpoint
 * @throws {BundleError} if the bundle's files do not belong together
 */
export async function openTarget(
  tf: typeof TensorFlow,
  folder: string,
  options: TargetOptions,
): Promise<Target> {
  if (await exists(join(folder, "manifest.json"))) return await openBundleTarget(folder, options);
  if (await exists(join(folder, "settings.json"))) return await openRunTarget(tf, folder, options);
  throw new EvaluationError(
    `Cannot evaluate ${folder}: a run's folder or a bundle's folder is required: it has neither settings.json nor manifest.json`,
  );
}

async function openRunTarget(
  tf: typeof TensorFlow,
  folder: string,
  { layer = "backbone", untrained }: TargetOptions,
): Promise<Target> {
  const { settings, architecture, weights } = await readRun(folder);
  if (layer === "projection" && architecture.dim === 0) {
    throw new EvaluationError(
      `Cannot evaluate the run's projection: a run with a head is required: ${folder} was imported without one`,
    );
  }
  const preprocessing = preprocessingOf(settings);
  const used = untrained ? initialWeights(architecture, settings.seed) : weights;
  const embedder = networkEmbedder(tf, architecture, used, preprocessing, layer);
  return { kind: "run", layer, embedder, preprocessing };
}

async function openBundleTarget(folder: string, options: TargetOptions): Promise<Target> {
  const bundle = await readBundle(folder);
  const { preprocessing, embedding: { layer } } = bundle.manifest;
  if (options.layer !== undefined && options.layer !== layer) {
    throw new EvaluationError(
      `Cannot evaluate the bundle's ${options.layer}: its own layer, the ${layer}, is required`,
    );
  }
  const embedder = await bundleEmbedder(options.untrained ? untrainedBundle(bundle) : bundle);
  return { kind: "bundle", layer, embedder, preprocessing };
}
