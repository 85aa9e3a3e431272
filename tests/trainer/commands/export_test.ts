import { assert, assertEquals, assertRejects } from "@std/assert";
import { exportCommand, ExportError } from "../../../trainer/commands/export.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { openSession } from "../../../trainer/onnx/session.ts";
import { writeReferenceRun } from "../onnx/reference_run.ts";
import { PHOTOS, withFolder } from "./command_line.ts";

/** Writes a run of the reference's encoder on the fixture's photos, and gives its folder to `test`. */
async function withRun(test: (parent: string, run: string) => Promise<void>): Promise<void> {
  await withFolder(async (parent) => {
    const run = `${parent}/run`;
    await writeReferenceRun(run);
    await test(parent, run);
  });
}

/** Runs the command with its output kept; returns what it printed. */
async function runExport(...args: string[]): Promise<string> {
  const lines: unknown[] = [];
  const { log, error } = console;
  console.log = (line) => lines.push(line);
  console.error = () => {};
  try {
    // commander keeps the options of the run before: each one starts anew.
    for (const option of exportCommand.options) {
      exportCommand.setOptionValue(option.attributeName(), option.defaultValue);
    }
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
    const { manifest } = await readBundle(out);
    assertEquals(manifest.embedding, { dimensions: 16, layer: "projection", pooling: "average" });
    assertEquals(manifest.quantization?.calibrationPictures, 40);
    assert(!JSON.stringify(manifest).includes(PHOTOS), "the manifest tells a folder of this machine");
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

Deno.test("export --whiten writes fewer dimensions, in the order of what they tell apart", async () => {
  await withRun(async (parent, run) => {
    const options = [
      "--run",
      run,
      "--held-out-minimum",
      "24",
      "--minimum-agreement",
      "0",
      "--layer",
      "backbone",
    ];
    const whiten = ["--pooling", "gem", "--whiten", "--dimensions", "8", "--int8-target", "0"];
    await runExport(...options, ...whiten, "--out", `${parent}/bundle`);
    const { encoder, manifest } = await readBundle(`${parent}/bundle`);
    assertEquals(manifest.embedding, {
      ...{ dimensions: 8, layer: "backbone", pooling: "gem", whitening: { pictures: 40 } },
    });
    assertEquals(new TextDecoder().decode(encoder).includes(`"whitening":{"pictures":40}`), true);
    await assertRejects(
      () => runExport(...options, "--out", `${parent}/other`, "--dimensions", "8"),
      ExportError,
      "--whiten is required",
    );
    await assertRejects(
      () => runExport(...options, "--out", `${parent}/other`, "--layer", "projection", "--pooling", "gem"),
      ExportError,
      "the pooling that its head was trained on is required",
    );
  });
});

Deno.test("export --size writes an encoder of another input than it was trained on", async () => {
  await withRun(async (parent, run) => {
    const out = `${parent}/bundle`;
    const few = ["--held-out-minimum", "24", "--minimum-agreement", "0.9"];
    await runExport("--run", run, "--out", out, ...few, "--size", "48");
    const { manifest, encoder } = await readBundle(out);
    assertEquals(manifest.preprocessing.size, 48);
    const session = await openSession(encoder, 48);
    const outputs = await session.run(new Float32Array(3 * 48 * 48));
    await session.release();
    assertEquals(outputs.get(manifest.encoder.output)?.length, 16);
  });
});

Deno.test("export makes of a run what its preset says, unless told otherwise", async () => {
  await withRun(async (parent, run) => {
    const file = `${run}/settings.json`;
    const settings = JSON.parse(await Deno.readTextFile(file));
    const served = { layer: "backbone", whiten: true, sizeRatio: 1.5 };
    await Deno.writeTextFile(file, JSON.stringify({ ...settings, export: served }));

    const few = ["--held-out-minimum", "24", "--minimum-agreement", "0", "--int8-target", "0"];
    await runExport("--run", run, "--out", `${parent}/preset`, ...few);
    const { embedding, preprocessing } = (await readBundle(`${parent}/preset`)).manifest;
    assertEquals(embedding.layer, "backbone");
    assertEquals(embedding.whitening, { pictures: 40 });
    assertEquals(preprocessing.size, 1.5 * settings.size);

    const told = ["--layer", "projection", "--no-whiten", "--size", String(settings.size)];
    await runExport("--run", run, "--out", `${parent}/told`, ...few, ...told);
    const other = (await readBundle(`${parent}/told`)).manifest;
    assertEquals(other.embedding.layer, "projection");
    assertEquals(other.embedding.whitening, undefined);
    assertEquals(other.preprocessing.size, settings.size);
  });
});
