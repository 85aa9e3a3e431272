import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readCheckpoint, writeCheckpoint } from "../../../trainer/checkpoint/run.ts";
import { readStamp } from "../../../trainer/tensorflow/build.ts";
import { linuxHasBfloat16 } from "../tensorflow/linux_bfloat16.ts";
import { settingsSchema } from "../../../trainer/moco/settings.ts";
import { copyPhotos, PHOTOS, runTask, withFolder } from "./command_line.ts";

/** As small as a run can be: a step takes milliseconds. */
const TINY = ["--width", "2", "--size", "32", "--dim", "8", "--stem", "cifar", "--workers", "1", "--eager"];

const namesIn = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("train prints and stores its settings, and leaves a checkpoint and a curve", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "a", "run");
    const args = ["--data", PHOTOS, "--out", run, ...TINY, "--batch", "16", "--epochs", "1", "--seed", "5"];
    const { code, stdout, stderr } = await runTask("train", ...args);
    assertEquals(code, 0, stderr);
    assertEquals(namesIn(run), [
      ...["checkpoint-00000000.safetensors", "checkpoint-00000003.safetensors", "checkpoint.json"],
      ...["metrics.jsonl", "report.html", "settings.json", "tensorboard"],
    ]);
    const settings = settingsSchema.parse(JSON.parse(stdout));
    const { data, seed, width, size, dim, batch, epochs, heldOut, queue } = settings;
    assertEquals(
      { data, seed, width, size, dim, batch, epochs, heldOut, queue },
      { data: PHOTOS, seed: 5, width: 2, size: 32, dim: 8, batch: 16, epochs: 1, heldOut: 6, queue: 32 },
    );
    const checkpoint = await readCheckpoint(run);
    assertEquals(checkpoint.settings, settings);
    assertEquals([checkpoint.progress.step, checkpoint.progress.pictures], [3, 58]);
    assert((checkpoint.progress.loss as number) > 0);
    assertMatch(stderr, /TensorFlow .* on the [CG]PU.*: 58 pictures to train on, 6 held out/);
    assertStringIncludes(stderr, "Done: 3 steps");
    const [line] = (await Deno.readTextFile(join(run, "metrics.jsonl"))).split("\n");
    const { step, steps } = JSON.parse(line!);
    assertEquals({ step, steps }, { step: 3, steps: 3 });
  });
});

Deno.test("train stops when its minutes have passed", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    const args = ["--data", PHOTOS, "--out", run, ...TINY, "--batch", "16", "--minutes", "0.01"];
    const { code, stderr } = await runTask("train", ...args);
    assertEquals(code, 0, stderr);
    const { progress, settings } = await readCheckpoint(run);
    assertEquals([settings.minutes, settings.epochs], [0.01, null]);
    assert(progress.step > 0 && progress.seconds >= 0.6 && progress.seconds < 10, JSON.stringify(progress));
  });
});

Deno.test("train passes over a picture that cannot be read, and says its name, the reason and the number", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "photos");
    await copyPhotos(data, 22);
    const whole = await Deno.readFile(join(PHOTOS, "scenes_30.jpg"));
    await Deno.writeFile(join(data, "cut.jpg"), whole.subarray(0, 2000));
    await Deno.writeTextFile(join(data, "page.png"), "<html></html>");
    const args = ["--data", data, "--out", join(folder, "run"), ...TINY, "--batch", "8", "--held-out", "0"];
    const { code, stderr } = await runTask("train", ...args, "--bn-splits", "1", "--epochs", "1");
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /\n2 files were skipped:\n/);
    assertMatch(stderr, /\n {2}cut\.jpg: .*cut off/);
    assertMatch(stderr, /\n {2}page\.png: .*no known kind/);
    assertStringIncludes(stderr, "Done: 3 steps");
  });
});

Deno.test("train refuses to resume with other pictures, and goes on when they are back", async () => {
  await withFolder(async (folder) => {
    const [data, run] = [join(folder, "photos"), join(folder, "run")];
    await copyPhotos(data, 16);
    const args = ["--data", data, "--out", run, ...TINY, "--batch", "8", "--held-out", "0", "--epochs", "1"];
    assertEquals((await runTask("train", ...args, "--bn-splits", "1")).code, 0);
    // As if the run had been stopped before its first step.
    const { state, progress } = await readCheckpoint(run);
    await writeCheckpoint(run, state, { ...progress, step: 0 });

    await Deno.rename(join(data, "scenes_00.jpg"), join(folder, "scenes_00.jpg"));
    const { code, stderr } = await runTask("train", "--resume", run, "--eager");
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `SettingsError: Cannot resume: the 16 pictures that the run trains on are required`,
    );

    await Deno.rename(join(folder, "scenes_00.jpg"), join(data, "scenes_00.jpg"));
    const resumed = await runTask("train", "--resume", run, "--eager");
    assertEquals(resumed.code, 0, resumed.stderr);
    assertStringIncludes(resumed.stderr, "Resuming at step 0");
    assertEquals((await readCheckpoint(run)).progress.step, 2);
  });
});

Deno.test("train computes in bf16 where the device does, keeps that with the run, and refuses it elsewhere", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    const args = ["--data", PHOTOS, "--out", run, ...TINY, "--batch", "16", "--epochs", "1"];
    const { code, stderr } = await runTask("train", ...args, "--precision", "bf16");
    if ((await readStamp())!.device === "gpu" || await linuxHasBfloat16()) {
      assertEquals(code, 0, stderr);
      assertEquals((await readCheckpoint(run)).settings.precision, "bf16");
    } else {
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        "DeviceError: Cannot compute with --precision bf16: a CPU with AVX-512 BF16",
      );
      assertEquals(namesIn(folder), []);
    }
  });
});
