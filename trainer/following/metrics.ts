import { join } from "@std/path";
import { writeAtomically } from "../checkpoint/atomic.ts";

/** What a step says of itself. */
export interface StepFigures {
  /** InfoNCE. */
  loss: number;
  /** Share of queries whose own key came first among 1 + K. */
  accuracy: number;
  /** Mean squared distance of a query to its key; 0 is perfect (Wang and Isola, ICML 2020). */
  alignment: number;
  /** Log of the mean Gaussian potential of the batch's queries; the lower, the better spread (the same). */
  uniformity: number;
}

/** One line of `metrics.jsonl`: means over the steps since the line before. */
export interface Metrics extends StepFigures {
  /** The last of the line's steps. */
  step: number;
  /** How many steps the means are of: every step of a run is in one line. */
  steps: number;
  epoch: number;
  learningRate: number;
  picturesPerSecond: number;
  /** Accuracy of kNN (0..1) after `step`, where it was measured. */
  knn?: number;
}

/** Appends a line to a run's curve. */
export async function appendMetrics(run: string, metrics: Metrics): Promise<void> {
  await Deno.writeTextFile(join(run, "metrics.jsonl"), JSON.stringify(metrics) + "\n", { append: true });
}

/** Reads a run's curve. A crash can cut the last line off: only whole lines count. */
export async function readMetrics(run: string): Promise<Metrics[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Metrics);
}

/** Drops what was written after the checkpoint that a run goes on from: those steps will be made again. */
export async function rewindMetrics(run: string, step: number): Promise<void> {
  const kept = (await readMetrics(run)).filter((metrics) => metrics.step <= step);
  const lines = kept.map((metrics) => JSON.stringify(metrics) + "\n");
  await writeAtomically(join(run, "metrics.jsonl"), lines.join(""));
}
