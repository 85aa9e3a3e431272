import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../../../shared/image/decode.ts";
import type { Picture, PictureSet } from "../../../../trainer/data/picture_set.ts";
import { planCopySet } from "../../../../trainer/evaluate/copy/copy_set.ts";
import { editedName, EditedSet } from "../../../../trainer/evaluate/copy/edited_set.ts";
import { backgroundLevels } from "../../../../trainer/evaluate/copy/scores.ts";
import { loadTensorFlow } from "../../../../trainer/tensorflow/load.ts";
import { PHOTOS, withFolder } from "../../commands/command_line.ts";

/** Pictures of 40 x 40 of one grey each, by name. */
function greys(levels: Record<string, number>): PictureSet {
  const picture = (level: number): Picture => ({
    width: 40,
    height: 40,
    data: new Uint8Array(40 * 40 * 3).fill(level),
  });
  return { names: () => Object.keys(levels), read: (name) => picture(levels[name]!) };
}

Deno.test("EditedSet lays pictures of others beside its own in collages", async () => {
  const others = { pictures: greys({ x: 0, y: 0, z: 0 }), paths: ["x", "y", "z"] };
  const set = new EditedSet(greys({ a: 100, b: 200 }), ["a", "b"], others, 0);
  for (const [name, level] of [["a", 100], ["b", 200]] as const) {
    const { pixels } = await decodeImage(await set.read(editedName("collage", name)), { maxPixels: 1e6 });
    assertEquals([pixels.width, pixels.height], [80, 40]);
    const [left, right] = [pixels.data[3 * 10]!, pixels.data[3 * 70]!];
    assertAlmostEquals(Math.min(left, right), 0, 3);
    assertAlmostEquals(Math.max(left, right), level, 3);
  }
});

Deno.test("planCopySet() leaves out distractors that are copies of originals", async () => {
  await withFolder(async (folder) => {
    const [data, distractors] = [join(folder, "data"), join(folder, "distractors")];
    const copy = async (to: string, from: number, until: number) => {
      await Deno.mkdir(to);
      const names = [...Deno.readDirSync(PHOTOS)].map(({ name }) => name).sort().slice(from, until);
      for (const name of names) await Deno.copyFile(join(PHOTOS, name), join(to, `of ${name}`));
      return names.map((name) => `of ${name}`);
    };
    const originals = await copy(data, 0, 4);
    const all = await copy(distractors, 2, 10);
    const set = await planCopySet({ data, distractors, originals: 100, seed: 0 });
    assertEquals(set.originals.paths, originals);
    assertEquals(set.distractors.paths, all.slice(2));
  });
});

Deno.test("backgroundLevels() leaves out the pictures that a query was made from", async () => {
  const { tf } = await loadTensorFlow();
  const background = { values: Float32Array.of(1, 0, 0.6, 0.8, 0, 1, -1, 0), dimensions: 2 };
  const queries = { values: Float32Array.of(1, 0, 1, 0), dimensions: 2 };
  const [all, without] = backgroundLevels(tf, queries, background, [[], [0]]);
  assertAlmostEquals(all!, (1 + 0.6 + 0) / 3, 1e-6);
  assertAlmostEquals(without!, (0.6 + 0 - 1) / 3, 1e-6);
  assert(without! < all!);
});
