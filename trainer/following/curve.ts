import { join } from "@std/path";
import type { TensorFlow } from "../tensorflow/load.ts";
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

  /** @param seconds training time so far */
  constructor(tf: typeof TensorFlow, run: string, { batch, seconds }: { batch: number; seconds: number }) {
    this.#run = run;
    this.#batch = batch;
    this.#started = seconds;
    this.#writer = tf.node.summaryFileWriter(join(run, "tensorboard"));
  }

  /**
   * Takes a step's figures, and writes a line when an interval is over.
   *
   * @param last whether no step follows
   * @returns pictures per second in the current interval
   */
  async add(figures: StepFigures, standing: Standing, last: boolean): Promise<number> {
    this.#steps++;
    for (const name of FIGURES) this.#sums[name] += figures[name];
    const elapsed = standing.seconds - this.#started;
    const picturesPerSecond = (this.#steps * this.#batch) / elapsed;
    if (elapsed >= INTERVAL_SECONDS || last) {
      const { step, epoch, learningRate } = standing;
      const mean = (name: keyof StepFigures) => this.#sums[name] / this.#steps;
      await this.#write({
        ...{ step, epoch, learningRate, picturesPerSecond },
        ...{ loss: mean("loss"), accuracy: mean("accuracy") },
        ...{ alignment: mean("alignment"), uniformity: mean("uniformity") },
      });
      this.#started = standing.seconds;
      this.#steps = 0;
      this.#sums = { loss: 0, accuracy: 0, alignment: 0, uniformity: 0 };
    }
    return picturesPerSecond;
  }

  async #write(metrics: Metrics): Promise<void> {
    await appendMetrics(this.#run, metrics);
    const { step, ...figures } = metrics;
    for (const [name, value] of Object.entries(figures)) this.#writer.scalar(name, value, step);
    this.#writer.flush();
  }
}

const FIGURES = ["loss", "accuracy", "alignment", "uniformity"] as const;
