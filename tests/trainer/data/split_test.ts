import { assert, assertEquals, assertThrows } from "@std/assert";
import { splitPictures } from "../../../trainer/data/split.ts";

const paths = Array.from({ length: 100 }, (_, index) => `a/${index}.jpg`);

Deno.test("splitPictures() holds out exactly as many as asked, and each path is on one side", () => {
  const { training, heldOut } = splitPictures(paths, 30);
  assertEquals([training.length, heldOut.length], [70, 30]);
  assertEquals([...training, ...heldOut].sort(), paths.toSorted());
  assertEquals(splitPictures(paths, 0), { training: paths, heldOut: [] });
});

Deno.test("splitPictures() keeps a path on its side when the order changes or files are added", () => {
  const before = new Set(splitPictures(paths, 30).heldOut);
  assertEquals(new Set(splitPictures(paths.toReversed(), 30).heldOut), before);
  const after = splitPictures([...paths, "b/new_1.jpg", "b/new_2.jpg"], 30).heldOut;
  assert(after.filter((path) => before.has(path)).length >= 28);
});

Deno.test("splitPictures() throws when none would remain for training", () => {
  assertThrows(() => splitPictures(paths, 100), RangeError, "received 100");
});
