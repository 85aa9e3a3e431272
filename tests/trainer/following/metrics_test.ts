import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  appendMetrics,
  type Metrics,
  readMetrics,
  rewindMetrics,
} from "../../../trainer/following/metrics.ts";
import { metricsAt } from "./metrics_at.ts";

async function withMetrics(steps: number[], test: (run: string) => Promise<void>): Promise<void> {
  const run = await Deno.makeTempDir({ prefix: "lookalike-metrics-" });
  try {
    for (const step of steps) await appendMetrics(run, metricsAt(step));
    await test(run);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

async function stepsIn(run: string): Promise<number[]> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  return text.split("\n").filter((line) => line !== "").map((line) => (JSON.parse(line) as Metrics).step);
}

Deno.test("rewindMetrics() drops the lines after the step, so that the curve goes on from it", async () => {
  await withMetrics([10, 20, 30], async (run) => {
    await rewindMetrics(run, 20);
    assertEquals(await stepsIn(run), [10, 20]);
    await appendMetrics(run, metricsAt(25));
    assertEquals(await stepsIn(run), [10, 20, 25]);
  });
});

Deno.test("rewindMetrics() drops a last line that a crash cut off", async () => {
  await withMetrics([10], async (run) => {
    await Deno.writeTextFile(join(run, "metrics.jsonl"), '{"step":20,"epo', { append: true });
    await rewindMetrics(run, 100);
    assertEquals(await stepsIn(run), [10]);
  });
});

Deno.test("rewindMetrics() leaves a curve that can be appended to when there was none yet", async () => {
  await withMetrics([], async (run) => {
    await rewindMetrics(run, 0);
    assertEquals(await readMetrics(run), []);
    await appendMetrics(run, metricsAt(5));
    assertEquals(await stepsIn(run), [5]);
  });
});
