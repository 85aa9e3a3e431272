import { trace } from "@opentelemetry/api";
import type { Context } from "hono";
import { setMetric } from "hono/timing";
import type { EmbedTimes } from "../inference/embedder.ts";

/** In the order in which a picture goes through them. */
const STAGES = ["hash", "queue", "decode", "preprocess", "infer", "thumbnail", "store"] as const;

/**
 * Tells in milliseconds what the pictures of a request took in each stage, all together: in its Server-Timing, and in
 * its span, where Deno's OpenTelemetry makes one.
 */
export function tellTimes(c: Context, times: EmbedTimes[]): void {
  const span = trace.getActiveSpan();
  for (const stage of STAGES) {
    const spent = times.map((each) => each[stage]).filter((ms) => ms !== undefined);
    if (spent.length === 0) continue;
    const ms = spent.reduce((sum, each) => sum + each, 0);
    setMetric(c, stage, ms);
    span?.setAttribute(`lookalike.${stage}_ms`, ms);
  }
}
