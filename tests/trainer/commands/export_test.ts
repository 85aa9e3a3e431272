import { assert, assertEquals, assertRejects } from "@std/assert";
import { openBundle } from "../../../shared/bundle.ts";
import { writeCheckpoint } from "../../../trainer/checkpoint/run.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import { exportCommand, ExportError } from "../../../trainer/commands/export.ts";
import { IMAGENET_MEAN, IMAGENET_STD, type Settings } from "../../../trainer/moco/settings.ts";
import { references } from "../onnx/reference.ts";

const photos = new URL("../../../fixtures/photos", import.meta.url).pathname;

/** Writes a run of the reference's encoder on the fixture's photos, and gives its folder to `test`. */
async function withRun(test: (parent: string, run: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  const run = `${parent}/run`;
  try {
    const [reference] = await references();
    const { weights, size, architecture: { width, stem, dim } } = reference!;
    const settings: Settings = {
      ...{ data: photos, heldOut: 24, seed: 0, size, mean: IMAGENET_MEAN, std: IMAGENET_STD },
      ...{ width, stem, dim, batch: 8, bnSplits: 1, queue: 16, keyMomentum: 0.9, temperature: 0.2 },
      ...{ architecture: "resnet18", head: "mlp", views: "v2", symmetric: false, schedule: "cosine" },
      ...{
        precision: "float32",
        learningRate: 0.06,
        sgdMomentum: 0.9,
        weightDecay: 1e-4,
        epochs: 1,
        minutes: null,
      },
    };
    await Deno.mkdir(run);
    await Deno.writeTextFile(`${run}/settings.json`, JSON.stringify(settings));
    const state: TensorMap = new Map(Array.from(weights, ([name, tensor]) => [`encoder_q.${name}`, tensor]));
    await writeCheckpoint(run, state, { step: 3, epoch: 0.6, seconds: 1, loss: 3.6, pictures: 40 });
    await test(parent, run);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

/** Runs the command with its output kept; returns what it printed. */
async function runExport(...args: string[]): Promise<string> {
  const lines: unknown[] = [];
  const { log, error } = console;
  console.log = (line) => lines.push(line);
  console.error = () => {};
  try {
    await exportCommand.parseAsync(args, { from: "user" });
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join("\n");
}

Deno.test("export writes a bundle and prints how far int8 is from float when the run is good enough", async () => {
  await withRun(async (parent, run) => {
    const out = `${parent}/bundle`;
    const printed = await runExport(
      ...["--run", run, "--out", out, "--held-out-minimum", "24", "--minimum-agreement", "0.9"],
    );
    assert(printed.includes("24 held-out pictures"), printed);
    const { manifest } = await openBundle(
      await Deno.readTextFile(`${out}/manifest.json`),
      await Deno.readFile(`${out}/encoder.onnx`),
    );
    assertEquals(manifest.embedding, { dimensions: 16, layer: "projection" });
    assertEquals(manifest.quantization?.calibrationPictures, 40);
    assert(!JSON.stringify(manifest).includes(photos), "the manifest tells a folder of this machine");
  });
});

Deno.test("export writes nothing and says which figure is too low when int8 agrees less than asked", async () => {
  await withRun(async (parent, run) => {
    await assertRejects(
      () =>
        runExport(
          "--run",
          run,
          "--out",
          `${parent}/bundle`,
          "--held-out-minimum",
          "24",
          "--minimum-agreement",
          "1",
        ),
      ExportError,
      "the mean centred cosine is",
    );
    assertEquals(Array.from(Deno.readDirSync(parent), ({ name }) => name), ["run"]);
  });
});

Deno.test("export refuses before any work when fewer pictures were held out than required", async () => {
  await withRun(async (parent, run) => {
    await assertRejects(
      () => runExport("--run", run, "--out", `${parent}/bundle`, "--held-out-minimum", "25"),
      ExportError,
      "received 24",
    );
  });
});
