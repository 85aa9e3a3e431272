import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { checkpointPath, readCheckpoint } from "../../../trainer/checkpoint/run.ts";
import { splitPictures } from "../../../trainer/data/split.ts";
import { readMetrics } from "../../../trainer/following/metrics.ts";
import { copyPhotos, PHOTOS, runTask, withFolder } from "./command_line.ts";

const TINY = [
  ...["--width", "2", "--size", "32", "--dim", "8", "--stem", "cifar", "--workers", "1", "--eager"],
  ...["--batch", "8", "--bn-splits", "2", "--queue", "16"],
];

/** Photos in two folders, and a file that is none. */
async function sortedPhotos(data: string): Promise<void> {
  await copyPhotos(data, 48);
  for (const { name } of [...Deno.readDirSync(data)]) {
    const folder = join(data, Number(name.match(/\d+/)![0]) % 2 ? "odd" : "even");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.rename(join(data, name), join(folder, name));
  }
  await Deno.writeTextFile(join(data, "odd", "<i>.jpg"), "none");
}

Deno.test("train measures kNN where folders name classes, keeps the best and the last three, and trains no other weights", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "photos");
    await sortedPhotos(data);
    const args = ["--data", data, ...TINY, "--held-out", "16", "--epochs", "6"];
    const [plain, run] = [join(folder, "plain"), join(folder, "run")];
    const [without, measured] = await Promise.all([
      runTask("train", ...args, "--out", plain, "--knn-epochs", "0"),
      runTask("train", ...args, "--out", run, "--knn-epochs", "1"),
    ]);
    assertEquals(without.code, 0, without.stderr);
    assertEquals(measured.code, 0, measured.stderr);
    assertMatch(measured.stderr, /steps 24\/24 \| epoch 6\.00 \| loss .* \| kNN \d+\.\d % \| /);

    assertEquals((await readMetrics(plain)).filter(({ knn }) => knn !== undefined), []);
    const curve = await readMetrics(run);
    assertEquals(
      curve.map(({ step, steps }) => [step, steps]),
      [4, 8, 12, 16, 20, 24].map((step) => [step, 4]),
    );
    const knns = curve.map(({ knn }) => knn!);
    const best = checkpointPath(run, curve[knns.lastIndexOf(Math.max(...knns))]!.step);
    const kept = [...Deno.readDirSync(run)].map(({ name }) => name).filter((name) =>
      /^checkpoint-/.test(name)
    );
    const expected = [best, ...[16, 20, 24].map((step) => checkpointPath(run, step))].map((path) =>
      basename(path)
    );
    assertEquals(kept.sort(), [...new Set(expected)].sort());

    const bytes = await Promise.all([plain, run].map((dir) => Deno.readFile(checkpointPath(dir, 24))));
    assertEquals(bytes[0]!.every((byte, i) => byte === bytes[1]![i]), true, "kNN changed the weights");

    const report = await Deno.readTextFile(join(run, "report.html"));
    const shown = ["Done: 24 steps", `${basename(best)} (kNN `, "odd/&lt;i&gt;.jpg", "Nearest neighbours"];
    for (const text of shown) assertStringIncludes(report, text);
    assertEquals([...report.matchAll(/<img src="data:image\/png;base64,[\w+/]{100}/g)].length, 8 * 7);
  });
});

Deno.test("train says that kNN needs classes when it is asked for without them", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "run");
    const { code, stderr } = await runTask(
      "train",
      "--data",
      PHOTOS,
      "--out",
      out,
      ...TINY,
      "--knn-epochs",
      "2",
    );
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      "SettingsError: Cannot measure kNN: held-out pictures of known classes are required, in a folder for each class: received --knn-epochs 2",
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("train --test has all pictures vote on those of another folder, also after it is resumed", async () => {
  await withFolder(async (folder) => {
    const [data, test, run] = ["photos", "test", "run"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await sortedPhotos(data);
    await sortedPhotos(test);
    const args = ["--data", data, "--test", test, ...TINY, "--held-out", "0", "--epochs", "4"];
    const { code, stderr } = await runTask("train", ...args, "--knn-epochs", "2", "--out", run);
    assertEquals(code, 0, stderr);
    // Every picture votes on its own copy, among others: two classes in equal numbers make a share of 48.
    const knns = (await readMetrics(run)).flatMap(({ knn }) => knn === undefined ? [] : [knn]);
    assertEquals(knns.map((knn) => Number.isInteger(Math.round(knn * 48e6) / 1e6)), [true, true]);
    const { settings } = await readCheckpoint(run);
    assertEquals([settings.test, settings.knnEpochs], [test, 2]);

    await Deno.rename(join(test, "odd"), join(test, "strange"));
    const resumed = await runTask("train", "--resume", run);
    assertEquals(resumed.code, 1);
    assertStringIncludes(
      resumed.stderr,
      "SettingsError: --test: Cannot evaluate: test pictures must be of the training pictures' classes: received strange",
    );
  });
});

Deno.test("train is done, with a report that says why it shows no pictures, when none of those held out can be read", async () => {
  await withFolder(async (folder) => {
    const [data, run] = [join(folder, "photos"), join(folder, "run")];
    await copyPhotos(data, 24);
    const names = Array.from(Deno.readDirSync(data), ({ name }) => name).sort();
    for (const name of splitPictures(names, 2).heldOut) await Deno.writeTextFile(join(data, name), "none");
    const { code, stderr } = await runTask(
      "train",
      ...["--data", data, "--out", run, ...TINY, "--held-out", "2", "--epochs", "1", "--queue", "8"],
    );
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "Done: 2 steps");
    assertStringIncludes(
      stderr,
      "The report shows no nearest neighbours: Cannot evaluate: pictures that can be read",
    );
    const report = await Deno.readTextFile(join(run, "report.html"));
    for (const text of ["Done: 2 steps", "No nearest neighbours are shown: Cannot evaluate"]) {
      assertStringIncludes(report, text);
    }
  });
});

Deno.test("train stops at numbers that are not finite, and names a good checkpoint that is still there", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    const args = ["--data", PHOTOS, "--out", run, ...TINY, "--epochs", "9", "--checkpoint-minutes", "0"];
    const { code, stderr } = await runTask("train", ...args, "--learning-rate", "1e30");
    assertEquals(code, 1);
    const [, what, step, good] = stderr.match(
      /TrainingError: Cannot go on: (.*) at step (\d+); the last good checkpoint is (.*)/,
    ) ?? [];
    assertMatch(what ?? stderr, /finite/);
    const { state, progress } = await readCheckpoint(run);
    assertEquals(good, checkpointPath(run, progress.step));
    assert(progress.step <= Number(step), `${progress.step}, ${step}`);
    for (const [name, { data }] of state) assert(data.every(Number.isFinite), name);
    assertStringIncludes(await Deno.readTextFile(join(run, "report.html")), "Cannot go on");
    assert(!/\n\s+at /.test(stderr), stderr);
  });
});
