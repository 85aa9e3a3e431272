import { delay } from "@std/async/delay";
import { appendMetrics } from "./checkpoint/metrics.ts";
import { type Progress, writeCheckpoint } from "./checkpoint/run.ts";
import type { TensorMap } from "./checkpoint/safetensors.ts";
import { type ViewBatch, ViewLoader } from "./data/loader.ts";
import type { PictureSource } from "./data/picture_source.ts";
import { stepInputs } from "./data/step_inputs.ts";
import { viewsNamed } from "./data/views.ts";
import { compileMoCo, type Trainer } from "./moco/compiled.ts";
import { MoCo } from "./moco/moco.ts";
import { learningRateAt } from "./moco/schedule.ts";
import { architectureOf, type Settings } from "./moco/settings.ts";
import { progressBar } from "./progress.ts";
import type { TensorFlow } from "./tensorflow/load.ts";

/** Seconds between two lines of the curve. */
const METRICS_SECONDS = 10;

export class TrainingError extends Error {
  override name = "TrainingError";
}

interface Training {
  run: string;
  settings: Settings;
  /** What `settings.data` is. */
  pictures: PictureSource;
  /** Those to train on. */
  paths: string[];
  /** Where to go on from. */
  state: TensorMap;
  progress: Progress;
  workers: number;
  /** For decoded pictures. */
  cacheMegabytes: number;
  checkpointMinutes: number;
  eager: boolean;
}

/**
 * Trains a run to its end, or to Ctrl-C; both leave a checkpoint. An interrupted run that is resumed goes through the
 * same batches, views and learning rates as one that was left alone (with `minutes`, as far as the clock allows).
 *
 * @throws {TrainingError} if the loss is not a number
 */
export async function trainRun(tf: typeof TensorFlow, training: Training): Promise<void> {
  const { run, settings, pictures, paths, state, workers, cacheMegabytes, checkpointMinutes } = training;
  let { step, seconds, loss } = training.progress;
  const { size, batch, seed, epochs, minutes } = settings;
  const source = { pictures, paths, size, batch, seed, views: viewsNamed(settings.views) };
  const loader = new ViewLoader(source, { workers, cacheMegabytes });
  const { batchesPerEpoch } = loader;
  const totalSteps = epochs === null ? Infinity : Math.round(epochs * batchesPerEpoch);
  const totalSeconds = minutes === null ? Infinity : minutes * 60;
  const done = () => minutes === null ? step / totalSteps : seconds / totalSeconds;

  const trainer = await createTrainer(tf, settings, state, training.eager);
  const checkpoint = () =>
    writeCheckpoint(run, trainer.state(), {
      ...{ step, epoch: step / batchesPerEpoch, seconds, loss, pictures: paths.length },
    });
  let interrupted = false;
  const interrupt = () => interrupted = true;
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupt);
  const bar = minutes === null
    ? progressBar("steps", totalSteps)
    : progressBar("seconds", Math.round(totalSeconds));
  bar.advance(minutes === null ? step : Math.round(seconds));

  let checkpointAt = seconds + checkpointMinutes * 60;
  let interval = { seconds, steps: 0, loss: 0, accuracy: 0 };
  const batches = loader.batches({
    epoch: Math.floor(step / batchesPerEpoch),
    batch: step % batchesPerEpoch,
  });
  try {
    while (done() < 1 && !interrupted) {
      const started = performance.now();
      const { value: views } = await batches.next();
      const learningRate = learningRateAt(settings.schedule, settings.learningRate, done());
      const result = runStep(tf, trainer, views, { ...settings, learningRate, step });
      if (!Number.isFinite(result.loss)) {
        throw new TrainingError(
          `Cannot go on: a finite loss is required: received ${result.loss} at step ${step}; the last checkpoint in ${run} is from before it`,
        );
      }
      await delay(0); // Lets Ctrl-C and the workers' messages in between two steps.
      step++;
      const before = seconds;
      seconds += (performance.now() - started) / 1000;
      loss = loss === null ? result.loss : 0.98 * loss + 0.02 * result.loss;
      interval.steps++;
      interval.loss += result.loss;
      interval.accuracy += result.accuracy;

      const picturesPerSecond = (interval.steps * batch) / (seconds - interval.seconds);
      const note = `epoch ${(step / batchesPerEpoch).toFixed(2)} | loss ${loss.toFixed(3)} | ${
        picturesPerSecond.toFixed(0)
      } pictures/s`;
      bar.advance(minutes === null ? 1 : Math.round(seconds) - Math.round(before), note);
      if (seconds - interval.seconds >= METRICS_SECONDS || done() >= 1) {
        await appendMetrics(run, {
          ...{ step, epoch: step / batchesPerEpoch, learningRate, picturesPerSecond },
          loss: interval.loss / interval.steps,
          accuracy: interval.accuracy / interval.steps,
        });
        interval = { seconds, steps: 0, loss: 0, accuracy: 0 };
      }
      if (seconds >= checkpointAt && done() < 1) {
        await checkpoint();
        checkpointAt = seconds + checkpointMinutes * 60;
      }
    }
    bar.done();
    const file = await checkpoint();
    reportSkipped(loader.skipped);
    console.error(
      done() < 1
        ? `Stopped at step ${step}. Go on with: deno task train --resume ${run}`
        : `Done: ${step} steps, ${seconds.toFixed(0)} s. ${file}`,
    );
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, interrupt);
    loader.close();
    trainer.dispose();
  }
}

/** The method with the run's settings; compiled unless `eager`. */
async function createTrainer(
  tf: typeof TensorFlow,
  settings: Settings,
  state: TensorMap,
  eager: boolean,
): Promise<Trainer> {
  const { queue, keyMomentum, temperature, sgdMomentum, weightDecay, bnSplits, symmetric, batch, size } =
    settings;
  const moco = new MoCo(tf, {
    ...{ architecture: architectureOf(settings), K: queue, m: keyMomentum, T: temperature },
    ...{ sgdMomentum, weightDecay, bnSplits, symmetric },
  }, state);
  if (eager) return moco;
  const black = new Uint8Array(batch * size * size * 3);
  const example = stepInputs(tf, { ...settings, query: black, key: black, step: 0 });
  const trainer = await compileMoCo(tf, moco, example);
  tf.dispose(Object.values(example));
  return trainer;
}

function runStep(
  tf: typeof TensorFlow,
  trainer: Trainer,
  { query, key }: ViewBatch,
  settings: Settings & { step: number },
): { loss: number; accuracy: number } {
  const inputs = stepInputs(tf, { ...settings, query, key });
  const outputs = trainer.step(inputs);
  const number = (tensor: TensorFlow.Tensor) => tensor.dataSync()[0] as number;
  const result = { loss: number(outputs.loss), accuracy: number(outputs.accuracy) };
  tf.dispose([...Object.values(inputs), ...Object.values(outputs)]);
  return result;
}

function reportSkipped(skipped: ReadonlyMap<string, string>): void {
  if (skipped.size === 0) return;
  console.error(`${skipped.size} files were skipped:`);
  for (const [path, reason] of skipped) console.error(`  ${path}: ${reason}`);
}
