import { join } from "@std/path";
import type { TensorFlow } from "../tensorflow/load.ts";
import { startSession } from "./tensorboard_session.ts";
import { appendMetrics, type Metrics, type StepFigures } from "./metrics.ts";

/** Seconds between two lines of the curve. */
const INTERVAL_SECONDS = 10;

/** Where training stands after a step. */
export interface Standing {
  step: number;
  /** Passes over the pictures. */
  epoch: number;
  /** Training time so far. */
  seconds: number;
  learningRate: number;
}

/** Averages a run's figures over intervals, and writes them as `metrics.jsonl` and as TensorBoard events. */
export class Curve {
  readonly #run: string;
  readonly #batch: number;
  readonly #writer;
  #started: number;
  #steps = 0;
  #sums: StepFigures = { loss: 0, accuracy: 0, alignment: 0, uniformity: 0 };
  #standing: Standing | undefined;

  /**
   * @param step steps made so far: what was written of later ones will be written again
   * @param seconds training time so far
   */
  constructor(
    tf: typeof TensorFlow,
    run: string,
    { batch, step, seconds }: { batch: number; step: number; seconds: number },
  ) {
    this.#run = run;
    this.#batch = batch;
    this.#started = seconds;
    this.#writer = tf.node.summaryFileWriter(join(run, "tensorboard"));
    startSession(tf, this.#writer, step + 1);
  }

  /**
   * Takes a step's figures, and writes a line when an interval is over.
   *
   * @param knn accuracy (0..1) after the step, where it was measured: that ends an interval too
   * @returns pictures per second in the current interval
   */
  async add(figures: StepFigures, standing: Standing, knn?: number): Promise<number> {
    this.#steps++;
    this.#standing = standing;
    for (const name of FIGURES) this.#sums[name] += figures[name];
    const elapsed = standing.seconds - this.#started;
    const picturesPerSecond = (this.#steps * this.#batch) / elapsed;
    if (elapsed >= INTERVAL_SECONDS || knn !== undefined) await this.flush(knn);
    return picturesPerSecond;
  }

  /** Ends the interval: before a checkpoint, so that a run that goes on from it misses no step in its curve. */
  async flush(knn?: number): Promise<void> {
    if (this.#steps === 0 || this.#standing === undefined) return;
    const { step, epoch, learningRate, seconds } = this.#standing;
    const steps = this.#steps;
    const mean = (name: keyof StepFigures) => this.#sums[name] / steps;
    await this.#write({
      ...{ step, steps, epoch, learningRate },
      picturesPerSecond: (steps * this.#batch) / (seconds - this.#started),
      ...{ loss: mean("loss"), accuracy: mean("accuracy") },
      ...{ alignment: mean("alignment"), uniformity: mean("uniformity") },
      ...(knn === undefined ? {} : { knn }),
    });
    this.#started = seconds;
    this.#steps = 0;
    this.#sums = { loss: 0, accuracy: 0, alignment: 0, uniformity: 0 };
  }

  async #write(metrics: Metrics): Promise<void> {
    await appendMetrics(this.#run, metrics);
    const { step, steps: _, ...figures } = metrics;
    for (const [name, value] of Object.entries(figures)) this.#writer.scalar(name, value, step);
    this.#writer.flush();
  }
}

const FIGURES = ["loss", "accuracy", "alignment", "uniformity"] as const;
