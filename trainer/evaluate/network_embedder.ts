import type { Preprocessing } from "../../shared/bundle.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import { normalizePixels } from "../data/step_inputs.ts";
import { type Architecture, layOut } from "../moco/architecture.ts";
import { createEncoder } from "../moco/encoder.ts";
import { dimensions, type Layer } from "../onnx/float_graph.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { createOperations } from "../tensorflow/operations.ts";
import type { Embedder } from "./embedder.ts";

/**
 * A network in TensorFlow, batch norm by its running statistics. The vectors are not normalised.
 *
 * @param weights in the official code's names, without prefix
 * @throws {RangeError} if the weights are not the architecture's
 */
export function networkEmbedder(
  tf: typeof TensorFlow,
  architecture: Architecture,
  weights: TensorMap,
  { size, mean, std }: Preprocessing,
  layer: Layer,
): Embedder {
  const encoder = createEncoder(tf, createOperations(tf), architecture, weights, { trainable: false });
  const compute = layer === "backbone" ? encoder.features : encoder.project;
  return {
    dimensions: dimensions(layOut(architecture), layer),
    async embed(pixels, count) {
      const vectors = tf.tidy(() => {
        const x = tf.tensor4d(normalizePixels(pixels, mean, std), [count, size, size, 3]);
        return compute(x, { training: false });
      });
      const values = await vectors.data() as Float32Array;
      vectors.dispose();
      return values;
    },
  };
}
