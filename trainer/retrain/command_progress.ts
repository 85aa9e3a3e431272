import type { JobProgress } from "../../shared/jobs/job.ts";
import { type Metrics, readMetrics } from "../following/metrics.ts";

/** Most points of a curve that a job has. */
const MOST_POINTS = 100;

/** Reads a line of a progress bar (trainer/progress.ts), such as `steps 12/345 | loss 5.9`; undefined if it is none. */
export function readProgressLine(line: string): JobProgress | undefined {
  const [, done, total] = /^\S.* (\d+)\/(\d+)( \| .*)?$/.exec(line) ?? [];
  if (done === undefined) return undefined;
  const share = Number(total) > 0 ? Math.min(1, Number(done) / Number(total)) : null;
  return { share, note: line };
}

/** A run's curve for those who look at its job: at most a hundred points, the newest among them. */
export async function readCurve(run: string): Promise<JobProgress["curve"]> {
  const metrics = await readMetrics(run);
  const every = Math.ceil(metrics.length / MOST_POINTS);
  return metrics
    .filter(({ knn }, i) => (metrics.length - 1 - i) % every === 0 || (knn !== undefined && every < 5))
    .slice(-2 * MOST_POINTS)
    .map(({ step, loss, accuracy, knn }: Metrics) => ({
      step,
      loss: Number(loss.toPrecision(5)),
      accuracy: Number(accuracy.toPrecision(4)),
      ...knn === undefined ? {} : { knn },
    }));
}
