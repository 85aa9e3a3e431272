import { join } from "@std/path";
import { writeAtomically } from "./atomic.ts";

/** One line of `metrics.jsonl`. */
export interface Metrics {
  step: number;
  epoch: number;
  /** Means since the line before. */
  loss: number;
  /** Share of queries whose own key came first among 1 + K. */
  accuracy: number;
  learningRate: number;
  picturesPerSecond: number;
}

/** Appends a line to a run's curve. */
export async function appendMetrics(run: string, metrics: Metrics): Promise<void> {
  await Deno.writeTextFile(join(run, "metrics.jsonl"), JSON.stringify(metrics) + "\n", { append: true });
}

/** Drops what was written after the checkpoint that a run goes on from: those steps will be made again. */
export async function rewindMetrics(run: string, step: number): Promise<void> {
  const path = join(run, "metrics.jsonl");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  // A crash can cut the last line off, so only whole lines are parsed.
  const lines = text.split("\n").slice(0, -1).filter((line) => (JSON.parse(line) as Metrics).step <= step);
  await writeAtomically(path, lines.map((line) => line + "\n").join(""));
}
