import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { readCheckpoint } from "../../../trainer/checkpoint/run.ts";
import { PHOTOS, runTask, startTask, withFolder } from "./command_line.ts";

const STEPS = 21;
const SETTINGS = [
  ...["--data", PHOTOS, "--width", "2", "--size", "32", "--dim", "8", "--stem", "cifar"],
  ...["--batch", "8", "--bn-splits", "2", "--queue", "16", "--epochs", "3", "--workers", "1"],
];

/** Waits until a run has made `step` steps. */
async function reached(run: string, step: number): Promise<void> {
  const checkpoint = () => readCheckpoint(run).catch(() => undefined); // not there yet, or being replaced
  while (((await checkpoint())?.progress.step ?? 0) < step) await delay(10);
}

Deno.test("train ends with the same bytes when it is interrupted and resumed as when it is left alone", async () => {
  await withFolder(async (folder) => {
    const whole = join(folder, "whole");
    const undisturbed = await runTask("train", ...SETTINGS, "--out", whole);
    assertEquals(undisturbed.code, 0, undisturbed.stderr);

    const run = join(folder, "interrupted");
    const { child, ended } = startTask("train", ...SETTINGS, "--out", run, "--checkpoint-minutes", "0");
    await reached(run, 2);
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    assertEquals(code, 0, stderr);
    const { step } = (await readCheckpoint(run)).progress;
    assert(step >= 2 && step < STEPS, `stopped at step ${step}`);
    assertStringIncludes(stderr, `Stopped at step ${step}. Go on with: deno task train --resume ${run}`);
    const report = () => Deno.readTextFile(join(run, "report.html"));
    assertStringIncludes(await report(), `Stopped at step ${step}. `);

    const resumed = await runTask("train", "--resume", run);
    assertEquals(resumed.code, 0, resumed.stderr);
    assertStringIncludes(resumed.stderr, `Resuming at step ${step}`);
    assertStringIncludes(await report(), `Done: ${STEPS} steps`);
    const name = `checkpoint-${String(STEPS).padStart(8, "0")}.safetensors`;
    const [expected, actual] = await Promise.all([whole, run].map((dir) => Deno.readFile(join(dir, name))));
    assert(
      expected!.length === actual!.length && expected!.every((byte, i) => byte === actual![i]),
      "other bytes",
    );
    const steps = (await Deno.readTextFile(join(run, "metrics.jsonl"))).trim().split("\n").map((line) =>
      JSON.parse(line).step as number
    );
    assertEquals(steps, [...new Set(steps)].sort((a, b) => a - b));
  });
});
