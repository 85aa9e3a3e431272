import { z } from "zod";
import type { Bundle } from "../../shared/bundle.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import { type Architecture, layOut } from "../moco/architecture.ts";
import { initialState } from "../moco/initialize.ts";
import { below } from "../moco/moco.ts";
import { dimensions, floatGraph } from "../onnx/float_graph.ts";
import { foldBatchNorms } from "../onnx/fold.ts";
import { encodeModel } from "../onnx/model.ts";
import { EvaluationError } from "./error.ts";

/** What a manifest must say of the training for its start to be made again. */
const trainedFrom = z.object({
  architecture: z.object({
    block: z.enum(["BasicBlock", "Bottleneck"]),
    layers: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    width: z.int(),
    stem: z.enum(["imagenet", "cifar", "lightly"]),
    pooling: z.enum(["average", "gem"]).optional(),
    mlp: z.boolean(),
    dim: z.int(),
  }),
  settings: z.object({ seed: z.int() }),
});

/** The weights that a run with this seed began with, in the official code's names without prefix. */
export function initialWeights(architecture: Architecture, seed: number): TensorMap {
  return below(initialState(architecture, 1, seed), "encoder_q.");
}

/**
 * The bundle's network, in float32 and without whitening, with the weights that its training began with.
 *
 * @throws {EvaluationError} if the manifest does not describe the network
 */
export function untrainedBundle(bundle: Bundle): Bundle {
  const { training, preprocessing, embedding } = bundle.manifest;
  const parsed = trainedFrom.safeParse(training);
  if (!parsed.success) {
    throw new EvaluationError(
      `Cannot evaluate the bundle untrained: its architecture and seed are required in manifest.json:\n${
        z.prettifyError(parsed.error)
      }`,
    );
  }
  const { architecture, settings: { seed } } = parsed.data;
  const { layer, pooling } = embedding;
  const network = layOut({ ...architecture, pooling });
  const folded = foldBatchNorms(network, initialWeights(architecture, seed));
  const graph = floatGraph(network, folded, preprocessing.size, layer);
  const untrained = { dimensions: dimensions(network, layer), layer, pooling };
  return { manifest: { ...bundle.manifest, embedding: untrained }, encoder: encodeModel(graph) };
}
