import { normalizePixels } from "../data/step_inputs.ts";
import type { Trainer } from "../moco/compiled.ts";
import type { Settings } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import type { Embedder } from "./embedder.ts";

/**
 * The query encoder of a run that is training, by its running statistics: what it is asked changes nothing of it. The
 * vectors are the head's, of unit length, as the official CIFAR-10 demo has kNN look at them.
 *
 * It takes at most `settings.batch` pictures at a time.
 */
export function trainerEmbedder(
  tf: typeof TensorFlow,
  trainer: Pick<Trainer, "embed">,
  { size, mean, std, dim }: Pick<Settings, "size" | "mean" | "std" | "dim">,
): Embedder {
  return {
    dimensions: dim,
    async embed(pixels, count) {
      const x = tf.tensor4d(normalizePixels(pixels, mean, std), [count, size, size, 3]);
      const embedding = trainer.embed(x);
      const values = await embedding.data() as Float32Array;
      tf.dispose([x, embedding]);
      return values;
    },
  };
}
