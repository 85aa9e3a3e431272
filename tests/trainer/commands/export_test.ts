import { assert, assertEquals, assertRejects } from "@std/assert";
import { exportCommand, ExportError } from "../../../trainer/commands/export.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
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
    assertEquals(manifest.embedding, { dimensions: 16, layer: "projection" });
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
