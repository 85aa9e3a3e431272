import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readStamp } from "../../../trainer/tensorflow/build.ts";
import { copyPhotos, PHOTOS, runTask, withFolder } from "./command_line.ts";

/** Runs a command that must fail within seconds, by one sentence and no stack, and leave no run behind. */
async function refuses(args: string[], sentence: string): Promise<void> {
  const started = performance.now();
  const { code, stderr } = await runTask("train", ...args);
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, sentence);
  assert(!/\n\s+at /.test(stderr), stderr);
  assert(performance.now() - started < 20_000, "it took too long to say so");
}

Deno.test("train says what is wrong with its options when it starts", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "run");
    const start = ["--data", PHOTOS, "--out", out, "--batch", "16"];
    await refuses([...start, "--depth", "18"], "error: unknown option '--depth'");
    await refuses([...start, "--width", "wide"], "option '--width <channels>' argument 'wide' is invalid");
    await refuses([...start, "--workers", "0"], "option '--workers <threads>' argument '0' is invalid");
    await refuses(["--data", PHOTOS], "--data and --out are required");
    await refuses([...start, "--queue", "24"], "--queue must be a multiple of a step's 16 keys: received 24");
    await refuses(
      [...start, "--queue", "48"],
      "--queue must be at most the pictures less one batch (42): received 48",
    );
    await refuses(
      [...start, "--bn-splits", "3"],
      "--batch must be a multiple of --bn-splits (3): received 16",
    );
    await refuses([...start, "--learning-rate", "0"], "--learning-rate is not valid: Too small");
    await refuses([...start, "--held-out", "64"], "Cannot hold 64 pictures out of training");
    await refuses([...start, "--minutes", "1", "--epochs", "1"], "one of --epochs and --minutes is required");
    assert(!Array.from(Deno.readDirSync(folder)).length, "a refused run left a folder");
  });
});

Deno.test("train says what is wrong with the pictures when there are none, or fewer than a batch that can be read", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "run");
    const [missing, empty, few] = ["missing", "empty", "few"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Deno.mkdir(empty);
    await copyPhotos(few, 5);
    await refuses(
      ["--data", missing, "--out", out],
      `folder that can be read is required: received ${missing}`,
    );
    await refuses(["--data", empty, "--out", out], `GIF or AVIF files is required: received ${empty}`);
    await refuses(
      ["--data", few, "--out", out, "--batch", "8"],
      "at least one batch of 8 pictures to train on is required: received 5",
    );
    for (let i = 0; i < 11; i++) await Deno.writeTextFile(join(few, `${i}.png`), "none");
    const args = [
      "--batch",
      "8",
      "--bn-splits",
      "1",
      "--queue",
      "8",
      "--size",
      "32",
      "--width",
      "2",
      "--eager",
    ];
    await refuses(
      ["--data", few, "--out", out, "--held-out", "0", ...args],
      "UnreadableError: Cannot fill a batch: 8 readable pictures are required: received 5",
    );
  });
});

Deno.test("train does not touch a folder that has something in it", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "settings.json"), "mine");
    await refuses(
      ["--data", PHOTOS, "--out", folder, "--batch", "16"],
      `--out must be a new or empty folder: received ${folder} (use --resume to go on with a run)`,
    );
    assertEquals(await Deno.readTextFile(join(folder, "settings.json")), "mine");
  });
});

Deno.test("train says what --resume requires when its folder is no run, or settings are given with it", async () => {
  await withFolder(async (folder) => {
    const required = 'a folder that "deno task train" wrote is required: it has no settings.json';
    await refuses(["--resume", folder], `Cannot read the run ${folder}: ${required}`);
    await refuses(["--resume", join(folder, "missing")], required);
    await refuses(
      ["--resume", folder, "--width", "8", "--epochs", "3"],
      "Cannot resume: the run's own settings hold: received --epochs, --width",
    );
  });
});

Deno.test({
  name: "train refuses to use another device than the required one, and leaves no run",
  ignore: (await readStamp())?.device === "gpu", // there the GPU may be found
  async fn() {
    await withFolder(async (folder) => {
      const out = join(folder, "run");
      await refuses(
        ["--data", PHOTOS, "--out", out, "--batch", "16", "--device", "gpu"],
        "DeviceError: Cannot train on the GPU: an NVIDIA GPU with its driver is required",
      );
      assertEquals(Array.from(Deno.readDirSync(folder)), []);
    });
  },
});
