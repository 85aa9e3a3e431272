import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { evaluateCommand } from "../../../trainer/commands/evaluate.ts";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import type { Evaluation } from "../../../trainer/evaluate/evaluate.ts";
import type { Evaluated } from "../../../trainer/evaluate/report.ts";
import { writeReferenceRun } from "../onnx/reference_run.ts";

const photos = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));
const bundle = fromFileUrl(new URL("../../../fixtures/bundle", import.meta.url));

/** Gives `test` a folder with `run`, a run of the reference's encoder, and `data`, photos in two made-up classes. */
async function withFolders(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [i, name] of [...Deno.readDirSync(photos)].map(({ name }) => name).sort().entries()) {
      const to = `${folder}/data/${i % 2 === 0 ? "even" : "odd"}`;
      await Deno.mkdir(to, { recursive: true });
      await Deno.copyFile(`${photos}/${name}`, `${to}/${name}`);
    }
    await Deno.writeTextFile(`${folder}/data/even/broken.jpg`, "no picture");
    await writeReferenceRun(`${folder}/run`);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs the command with its output kept; returns what it printed. */
async function run(...args: string[]): Promise<string> {
  const lines: unknown[] = [];
  const { log, error } = console;
  console.log = (line) => lines.push(line);
  console.error = () => {};
  try {
    // commander keeps the options of the run before: each one starts anew.
    for (const option of evaluateCommand.options) {
      evaluateCommand.setOptionValue(option.attributeName(), option.defaultValue);
    }
    await evaluateCommand.parseAsync(args, { from: "user" });
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join("\n");
}

async function runJson(...args: string[]): Promise<Evaluated & Evaluation> {
  return JSON.parse(await run(...args, "--json"));
}

Deno.test("evaluate measures a bundle with all tasks, and names the files it skipped", async () => {
  await withFolders(async (folder) => {
    const result = await runJson(bundle, "--data", `${folder}/data`);
    const { kind, layer, dimensions, pictures, classes, skipped, knn, probe, baselines, collapse } = result;
    assertEquals([kind, layer, dimensions], ["bundle", "projection", 32]);
    assertEquals(classes, { count: 2, labels: "folder" });
    assertEquals(pictures.train + pictures.test, 64);
    assertEquals(Object.keys(skipped), ["even/broken.jpg"]);
    assertEquals(knn?.k, pictures.train); // fewer than 200
    for (const { top1 } of [knn!, probe!, baselines!.colourHistogram]) assert(top1 >= 0 && top1 <= 1);
    assertAlmostEquals(baselines!.largestClasses.top1, 0.5, 0.1);
    assert(collapse!.spread > 0);

    const printed = await run(bundle, "--data", `${folder}/data`);
    for (const part of ["kNN (k ", "linear probe", "colour histogram", "collapsed", "even/broken.jpg"]) {
      assert(printed.includes(part), printed);
    }
  });
});

Deno.test("evaluate measures a run by its pooled features, or by its head's output when asked", async () => {
  await withFolders(async (folder) => {
    const args = [`${folder}/run`, "--data", `${folder}/data`, "--task", "collapse"];
    const backbone = await runJson(...args);
    assertEquals([backbone.layer, backbone.dimensions, backbone.knn], ["backbone", 32, undefined]);
    const projection = await runJson(...args, "--layer", "projection");
    assertEquals([projection.layer, projection.dimensions], ["projection", 16]);
    const untrained = await runJson(...args, "--untrained");
    assert(untrained.untrained && untrained.collapse!.spread !== backbone.collapse!.spread);
    assertEquals(await runJson(...args, "--untrained"), untrained);
  });
});

Deno.test("evaluate tests with the folder that --test names", async () => {
  await withFolders(async (folder) => {
    const args = [`${folder}/run`, "--data", `${folder}/data`, "--task", "knn", "--test"];
    const same = await runJson(...args, `${folder}/data`);
    assertEquals([same.pictures.train, same.pictures.test], [64, 64]);
    await Deno.mkdir(`${folder}/other/neither`, { recursive: true });
    await Deno.copyFile(`${photos}/scenes_00.jpg`, `${folder}/other/neither/a.jpg`);
    await Deno.mkdir(`${folder}/other/odd`);
    await Deno.copyFile(`${photos}/scenes_01.jpg`, `${folder}/other/odd/b.jpg`);
    await assertRejects(() => run(...args, `${folder}/other`), EvaluationError, "received neither");
  });
});

Deno.test("evaluate says what is missing when it cannot measure", async () => {
  await withFolders(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const refused = (args: string[], message: string) =>
      assertRejects(() => run(...args), EvaluationError, message);
    await refused([folder, ...data], "neither settings.json nor manifest.json");
    await refused([bundle, ...data, "--layer", "backbone"], "its own layer, the projection");
    await refused([bundle, ...data, "--untrained"], "its architecture and seed are required");
    await refused([bundle, "--data", photos], "Cannot read the pictures' classes");
    await refused(
      [bundle, ...data, "--task", "collapse", "--test", photos],
      "received --task collapse alone",
    );
  });
});
