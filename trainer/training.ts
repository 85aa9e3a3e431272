import { delay } from "@std/async/delay";
import { type Progress, writeCheckpoint } from "./checkpoint/run.ts";
import type { TensorMap } from "./checkpoint/safetensors.ts";
import { ViewLoader } from "./data/loader.ts";
import type { PictureSource } from "./data/picture_source.ts";
import { viewsNamed } from "./data/views.ts";
import { Curve } from "./following/curve.ts";
import { createTrainer, runStep } from "./moco/run_step.ts";
import { learningRateAt } from "./moco/schedule.ts";
import type { Settings } from "./moco/settings.ts";
import { progressBar } from "./progress.ts";
import type { TensorFlow } from "./tensorflow/load.ts";

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
  const curve = new Curve(tf, run, { batch, seconds });
  const batches = loader.batches({
    epoch: Math.floor(step / batchesPerEpoch),
    batch: step % batchesPerEpoch,
  });
  try {
    while (done() < 1 && !interrupted) {
      const started = performance.now();
      const { value: views } = await batches.next();
      const learningRate = learningRateAt(settings.schedule, settings.learningRate, done());
      const figures = runStep(tf, trainer, views, { ...settings, learningRate, step });
      if (!Number.isFinite(figures.loss)) {
        throw new TrainingError(
          `Cannot go on: a finite loss is required: received ${figures.loss} at step ${step}; the last checkpoint in ${run} is from before it`,
        );
      }
      await delay(0); // Lets Ctrl-C and the workers' messages in between two steps.
      step++;
      const before = seconds;
      seconds += (performance.now() - started) / 1000;
      loss = loss === null ? figures.loss : 0.98 * loss + 0.02 * figures.loss;
      const epoch = step / batchesPerEpoch;
      const speed = await curve.add(figures, { step, epoch, seconds, learningRate }, done() >= 1);
      const note = `epoch ${epoch.toFixed(2)} | loss ${loss.toFixed(3)} | ${speed.toFixed(0)} pictures/s`;
      bar.advance(minutes === null ? 1 : Math.round(seconds) - Math.round(before), note);
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

function reportSkipped(skipped: ReadonlyMap<string, string>): void {
  if (skipped.size === 0) return;
  console.error(`${skipped.size} files were skipped:`);
  for (const [path, reason] of skipped) console.error(`  ${path}: ${reason}`);
}
