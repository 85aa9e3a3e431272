import type { Context } from "hono";
import { setMetric } from "hono/timing";
import type { EmbedTimes } from "../inference/embedder.ts";

/** In the order in which a picture goes through them. */
const STAGES = ["queue", "decode", "preprocess", "infer", "store"] as const;

/** Adds to a request's Server-Timing, in milliseconds, what its pictures took in each stage, all together. */
export function tellTimes(c: Context, times: EmbedTimes[]): void {
  for (const stage of STAGES) {
    const spent = times.map((each) => each[stage]).filter((ms) => ms !== undefined);
    if (spent.length > 0) setMetric(c, stage, spent.reduce((sum, ms) => sum + ms, 0));
  }
}
