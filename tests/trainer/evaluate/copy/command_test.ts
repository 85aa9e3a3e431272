import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { EDITS } from "../../../../trainer/evaluate/copy/edits.ts";
import { PHOTOS, runTask, withFolder } from "../../commands/command_line.ts";

const bundle = fromFileUrl(new URL("../../../../fixtures/bundle", import.meta.url));
const edits = Object.keys(EDITS);

Deno.test("evaluate --task copy finds re-saved pictures, and gives each edit its recall, the same every time", async () => {
  const args = [bundle, "--task", "copy", "--data", PHOTOS, "--originals", "6", "--json"];
  const [first, second] = await Promise.all([runTask("evaluate", ...args), runTask("evaluate", ...args)]);
  assertEquals(first.code, 0, first.stderr);
  assertEquals(first.stdout, second.stdout);
  const { originals, distractors, queries, plain, normalized } = JSON.parse(first.stdout);
  assertEquals([originals, distractors, queries], [6, 6, 12 * edits.length]);
  for (const { microAP, at99, byEdit } of [plain, normalized]) {
    assert(microAP > 0 && microAP <= 1 && at99.recall <= 1);
    assertEquals(Object.keys(byEdit), edits);
  }
  assertEquals(plain.byEdit["JPEG 50"], 1);
});

Deno.test("evaluate --task copy says what it requires when there are too few pictures, or other tasks besides", async () => {
  await withFolder(async (folder) => {
    for (const name of ["scenes_00.jpg", "scenes_03.jpg"]) {
      await Deno.copyFile(join(PHOTOS, name), join(folder, name));
    }
    await Deno.copyFile(join(PHOTOS, "scenes_00.jpg"), join(folder, "scenes_00 (copy).jpg"));
    const few = await runTask("evaluate", bundle, "--task", "copy", "--data", folder);
    assertEquals(few.code, 1);
    assertStringIncludes(
      few.stderr,
      "at least 2 originals and 4 distractors that can be read are required: received 2 and 0",
    );
    const more = await runTask("evaluate", bundle, "--task", "copy", "knn", "--data", folder);
    assertStringIncludes(more.stderr, "EvaluationError: Cannot evaluate: copy must be asked for alone");
  });
});

Deno.test("copies writes originals, edited pictures and which belong together", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "out");
    const { code, stderr } = await runTask("copies", "--data", PHOTOS, "--originals", "5", "--out", out);
    assertEquals(code, 0, stderr);
    const rows = (await Deno.readTextFile(join(out, "truth.csv"))).trim().split("\n").slice(1).map((line) =>
      line.split(",")
    );
    assertEquals(rows.length, 10 * edits.length);
    assertEquals(
      rows.map(([query]) => query).sort(),
      [...Deno.readDirSync(join(out, "queries"))].map(({ name }) => name).sort(),
    );
    assertEquals([...Deno.readDirSync(join(out, "originals"))].length, 5);
    assertEquals(rows.filter(([, , original]) => original === "").length, 5 * edits.length);
    assertEquals(new Set(rows.map(([, , original]) => original)).size, 6);

    const again = await runTask("copies", "--data", PHOTOS, "--out", out);
    assertStringIncludes(again.stderr, "Cannot write copies: --out must be a new or empty folder");
  });
});
