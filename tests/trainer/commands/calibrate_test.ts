import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { PHOTOS, runTask, withFolder } from "./command_line.ts";

const FIXTURE = fromFileUrl(new URL("../../../fixtures/bundle", import.meta.url));

Deno.test("calibrate sets the threshold of 99 % precision that evaluate finds, under the same id", async () => {
  await withFolder(async (folder) => {
    for (const name of ["manifest.json", "encoder.onnx"]) {
      await Deno.copyFile(join(FIXTURE, name), join(folder, name));
    }
    const copies = ["--data", PHOTOS, "--originals", "6", "--seed", "3"];
    const evaluated = await runTask("evaluate", folder, "--task", "copy", ...copies, "--json");
    const { plain, queries, differentPairsAbove } = JSON.parse(evaluated.stdout);
    const before = await readBundle(folder);
    const { code, stderr } = await runTask("calibrate", folder, ...copies);
    assertEquals(code, 0, stderr);

    const { manifest } = await readBundle(folder);
    assertEquals({ ...manifest, similarity: null }, { ...before.manifest, similarity: null });
    const { copyThreshold, pairs, copies: measured } = manifest.similarity;
    assertEquals([copyThreshold, pairs], [plain.at99.threshold, 15]);
    assertEquals(manifest.similarity.differentPairsAbove, differentPairsAbove);
    assertEquals([measured!.originals, measured!.queries], [6, queries]);
    const [first, second] = measured!.thresholds;
    assertEquals(first, { precision: 0.99, ...plain.at99 });
    assert(!second || second.threshold >= first!.threshold && second.recall <= first!.recall);
  });
});

Deno.test("calibrate requires a bundle, and leaves it alone when it cannot measure", async () => {
  await withFolder(async (folder) => {
    const missing = await runTask("calibrate", folder, "--data", PHOTOS);
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, "manifest.json");
  });
});
