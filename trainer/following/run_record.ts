import {
  type BestCheckpoint,
  checkpointPath,
  dropCheckpoint,
  type Progress,
  writeCheckpoint,
} from "../checkpoint/run.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { Settings } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { Curve, type Standing } from "./curve.ts";
import type { StepFigures } from "./metrics.ts";
import { type RunReport, writeReport } from "./report.ts";

/** What a run leaves in its folder while it trains: the curve, checkpoints and the report. */
export class RunRecord {
  readonly #run: string;
  readonly #settings: Settings;
  readonly #curve: Curve;
  #saved: Progress;
  #best: BestCheckpoint | undefined;
  #knn: { step: number; accuracy: number } | undefined;

  /** @param progress of the checkpoint that the run goes on from */
  constructor(tf: typeof TensorFlow, run: string, settings: Settings, progress: Progress) {
    this.#run = run;
    this.#settings = settings;
    this.#saved = progress;
    this.#curve = new Curve(tf, run, { batch: settings.batch, ...progress });
  }

  /** The newest checkpoint, which is a good one once a step has been made from it. */
  get checkpoint(): string {
    return checkpointPath(this.#run, this.#saved.step);
  }

  /**
   * Takes a step.
   *
   * @param knn accuracy (0..1) after the step, where it was measured
   * @returns the loss, kNN and pictures per second, in words
   */
  async add(figures: StepFigures, standing: Standing, loss: number, knn?: number): Promise<string> {
    if (knn !== undefined) this.#knn = { step: standing.step, accuracy: knn };
    const speed = await this.#curve.add(figures, standing, knn);
    return [
      `epoch ${standing.epoch.toFixed(2)}`,
      `loss ${loss.toFixed(3)}`,
      ...(this.#knn === undefined ? [] : [`kNN ${(100 * this.#knn.accuracy).toFixed(1)} %`]),
      `${speed.toFixed(0)} pictures/s`,
    ].join(" | ");
  }

  /**
   * Writes a checkpoint, and the curve up to it.
   *
   * @throws {CheckpointError} if a number of the state is not finite: the checkpoints before stay as they are
   */
  async save(state: TensorMap, progress: Progress): Promise<void> {
    await this.#curve.flush();
    const knn = this.#knn?.step === progress.step ? this.#knn.accuracy : undefined;
    this.#best = await writeCheckpoint(this.#run, state, progress, knn);
    this.#saved = progress;
  }

  /** Takes note that the loss after so many steps is not finite: a checkpoint of them goes, since its weights are why. */
  async fail(step: number): Promise<void> {
    if (this.#saved.step !== step) return;
    const left = await dropCheckpoint(this.#run);
    if (left !== undefined) [this.#saved, this.#best] = [left.progress, left.best];
  }

  /** Writes the report of the newest checkpoint. */
  async report(told: Pick<RunReport, "status" | "skipped" | "neighbours" | "noNeighbours">): Promise<void> {
    const { neighbours } = told;
    const skipped = new Map([...told.skipped, ...neighbours?.skipped ?? []]);
    await writeReport(this.#run, {
      ...{ settings: this.#settings, progress: this.#saved, best: this.#best },
      ...{ ...told, skipped },
    });
  }
}
