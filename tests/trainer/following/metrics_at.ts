import type { Metrics } from "../../../trainer/following/metrics.ts";

/** A line of a curve whose figures are always the same. */
export function metricsAt(step: number, knn?: number): Metrics {
  return {
    ...{ step, steps: 10, epoch: step / 10, learningRate: 0.1, picturesPerSecond: 100 },
    ...{ loss: 3, accuracy: 0.5, alignment: 0.5, uniformity: -2 },
    ...(knn === undefined ? {} : { knn }),
  };
}
