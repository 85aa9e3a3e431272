import { delay } from "@std/async/delay";
import { CheckpointError, type Progress } from "./checkpoint/run.ts";
import type { TensorMap } from "./checkpoint/safetensors.ts";
import { ViewLoader } from "./data/loader.ts";
import type { PictureSource } from "./data/picture_source.ts";
import { viewsNamed } from "./data/views.ts";
import { EvaluationError } from "./evaluate/error.ts";
import { type KnnPictures, measureKnn } from "./following/knn_curve.ts";
import { findNeighbours } from "./following/neighbour_pictures.ts";
import type { RunReport } from "./following/report.ts";
import { RunRecord } from "./following/run_record.ts";
import type { Trainer } from "./moco/compiled.ts";
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
  /** Those that are not trained on. */
  heldOut: string[];
  /** Where to go on from. */
  state: TensorMap;
  progress: Progress;
  /** What kNN is measured on every so many epochs, and at the end; absent where it is not. */
  knn?: KnnPictures & { everyEpochs: number };
  workers: number;
  /** For decoded pictures. */
  cacheMegabytes: number;
  checkpointMinutes: number;
  eager: boolean;
}

/**
 * Trains a run to its end, or to Ctrl-C; both leave a checkpoint and a report. An interrupted run that is resumed goes
 * through the same batches, views and learning rates as one that was left alone (with `minutes`, as far as the clock
 * allows). What is measured on the way changes nothing of it.
 *
 * @throws {TrainingError} if the loss or a weight is not a finite number; checkpoints are of finite weights only
 */
export async function trainRun(tf: typeof TensorFlow, training: Training): Promise<void> {
  const { run, settings, pictures, paths, heldOut, state, knn, workers, cacheMegabytes, eager } = training;
  let { step, seconds, loss } = training.progress;
  const { size, batch, seed, epochs, minutes } = settings;
  const views = viewsNamed(settings.views);
  const keyViews = viewsNamed(settings.keyViews ?? settings.views);
  const source = { pictures, paths, size, batch, seed, views, keyViews };
  const loader = new ViewLoader(source, { workers, cacheMegabytes });
  const { batchesPerEpoch } = loader;
  const totalSteps = epochs === null ? Infinity : Math.round(epochs * batchesPerEpoch);
  const totalSeconds = minutes === null ? Infinity : minutes * 60;
  const done = () => minutes === null ? step / totalSteps : seconds / totalSeconds;

  const trainer = await createTrainer(tf, settings, state, eager);
  const record = new RunRecord(tf, run, settings, training.progress);
  const save = () => {
    const progress = { step, epoch: step / batchesPerEpoch, seconds, loss, pictures: paths.length };
    return record.save(trainer.state(), progress);
  };
  let interrupted = false;
  const stopListening = onInterrupt(() => interrupted = true);
  const bar = minutes === null
    ? progressBar("steps", totalSteps)
    : progressBar("seconds", Math.round(totalSeconds));
  bar.advance(minutes === null ? step : Math.round(seconds));

  let checkpointAt = seconds + training.checkpointMinutes * 60;
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
        await record.fail(step);
        throw new TrainingError(`a finite loss is required: received ${figures.loss}`);
      }
      await delay(0); // Lets Ctrl-C and the workers' messages in between two steps.
      step++;
      const before = seconds;
      seconds += (performance.now() - started) / 1000;
      loss = loss === null ? figures.loss : 0.98 * loss + 0.02 * figures.loss;
      const measuring = knn && (step % (knn.everyEpochs * batchesPerEpoch) === 0 || done() >= 1);
      if (measuring) bar.advance(0, "measuring kNN");
      const accuracy = measuring ? await measureKnn(tf, trainer, settings, knn) : undefined;
      const standing = { step, epoch: step / batchesPerEpoch, seconds, learningRate };
      const note = await record.add(figures, standing, loss, accuracy);
      bar.advance(minutes === null ? 1 : Math.round(seconds) - Math.round(before), note);
      if ((measuring || seconds >= checkpointAt) && done() < 1) {
        await save();
        await record.report({ status: "Training", skipped: loader.skipped });
        checkpointAt = seconds + training.checkpointMinutes * 60;
      }
    }
    bar.done();
    await save();
    stopListening(); // A second Ctrl-C ends at once: all that is left is the report.
    reportSkipped(loader.skipped);
    const status = done() < 1
      ? `Stopped at step ${step}. Go on with: deno task train --resume ${run}`
      : `Done: ${step} steps, ${seconds.toFixed(0)} s. ${record.checkpoint}`;
    console.error(status);
    const shown = heldOut.length > 1 ? await neighboursOf(tf, trainer, training) : {};
    await record.report({ status, skipped: loader.skipped, ...shown });
  } catch (error) {
    if (
      !(error instanceof TrainingError || error instanceof CheckpointError ||
        error instanceof EvaluationError)
    ) {
      throw error;
    }
    const status =
      `Cannot go on: ${error.message} at step ${step}; the last good checkpoint is ${record.checkpoint}`;
    await record.report({ status, skipped: loader.skipped });
    throw new TrainingError(status, { cause: error });
  } finally {
    stopListening();
    loader.close();
    trainer.dispose();
  }
}

/** Held-out pictures with their neighbours, or why there are none: a run that has ended needs no picture for that. */
async function neighboursOf(
  tf: typeof TensorFlow,
  trainer: Trainer,
  { settings, pictures, heldOut }: Training,
): Promise<Pick<RunReport, "neighbours" | "noNeighbours">> {
  try {
    return { neighbours: await findNeighbours(tf, trainer, settings, pictures, heldOut) };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    console.error(`The report shows no nearest neighbours: ${error.message}`);
    return { noNeighbours: error.message };
  }
}

/** @returns what ends the listening */
function onInterrupt(interrupt: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, interrupt);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
  };
}

function reportSkipped(skipped: ReadonlyMap<string, string>): void {
  if (skipped.size === 0) return;
  console.error(`${skipped.size} files were skipped:`);
  for (const [path, reason] of skipped) console.error(`  ${path}: ${reason}`);
}
