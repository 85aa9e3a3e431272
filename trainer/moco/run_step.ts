import { stepInputs } from "../data/step_inputs.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { StepFigures } from "../following/metrics.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { compileMoCo, type Trainer } from "./compiled.ts";
import { MoCo } from "./moco.ts";
import { architectureOf, type Settings } from "./settings.ts";

/** The method with a run's settings; one compiled graph unless `eager`. */
export async function createTrainer(
  tf: typeof TensorFlow,
  settings: Settings,
  state: TensorMap,
  eager: boolean,
): Promise<Trainer> {
  const { queue: K, keyMomentum: m, temperature: T, batch, size } = settings;
  const { sgdMomentum, weightDecay, bnSplits, symmetric, skipOwnKeys, precision } = settings;
  const moco = new MoCo(tf, {
    ...{ architecture: architectureOf(settings), K, m, T, sgdMomentum, weightDecay, bnSplits, symmetric },
    ...{ skipOwnKeys, mixedPrecision: precision === "bf16" },
  }, state);
  if (eager) return moco;
  const black = new Uint8Array(batch * size * size * 3);
  const indices = new Int32Array(batch);
  const example = stepInputs(tf, { ...settings, query: black, key: black, indices, step: 0 });
  const trainer = await compileMoCo(tf, moco, example);
  tf.dispose(Object.values(example));
  return trainer;
}

/**
 * Trains on one batch of views.
 *
 * @param query [batch, size, size, 3], 8-bit RGB; so is `key`
 * @param indices [batch]: which picture each row is of
 * @param step steps made before this one
 */
export function runStep(
  tf: typeof TensorFlow,
  trainer: Trainer,
  { query, key, indices }: { query: Uint8Array; key: Uint8Array; indices: Int32Array },
  settings: Settings & { step: number },
): StepFigures {
  const inputs = stepInputs(tf, { ...settings, query, key, indices });
  const outputs = trainer.step(inputs);
  const number = (tensor: TensorFlow.Scalar) => tensor.dataSync()[0] as number;
  const { loss, accuracy, alignment, uniformity } = outputs;
  const figures = {
    ...{ loss: number(loss), accuracy: number(accuracy) },
    ...{ alignment: number(alignment), uniformity: number(uniformity) },
  };
  tf.dispose([...Object.values(inputs), ...Object.values(outputs)]);
  return figures;
}
