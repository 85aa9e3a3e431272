import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { cropView, randomCrop } from "../../../trainer/data/geometry.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

Deno.test("randomCrop() stays inside, within the shares of area and the aspects of the paper", () => {
  const areas: number[] = [];
  for (let index = 0; index < 2000; index++) {
    const { left, top, width, height } = randomCrop(
      200,
      160,
      [0.2, 1],
      new RandomStream(1, 0, index, "query"),
    );
    assert(left >= 0 && top >= 0 && left + width <= 200 && top + height <= 160);
    assert(width / height > 0.73 && width / height < 1.37);
    areas.push(width * height / (200 * 160));
  }
  assert(Math.min(...areas) > 0.19);
  assert(Math.max(...areas) > 0.9);
  // Those near 1 fit less often, so the mean lies a little below (0.2 + 1) / 2.
  assertAlmostEquals(areas.reduce((a, b) => a + b) / areas.length, 0.56, 0.06);
});

Deno.test("randomCrop() takes the centre when a picture is so long that no crop fits", () => {
  assertEquals(randomCrop(2, 2500, [0.2, 1], new RandomStream(1, 0, 0, "query")), {
    left: 0,
    top: 1248,
    width: 2,
    height: 3,
  });
  assertEquals(randomCrop(900, 30, [0.2, 1], new RandomStream(1, 0, 0, "key")), {
    left: 430,
    top: 0,
    width: 40,
    height: 30,
  });
});

Deno.test("cropView() mirrors about half of the views and nothing else", () => {
  // Brighter to the right, so that a mirrored view is brighter to the left.
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => 4 * (Math.floor(at / 3) % 64));
  let mirrored = 0;
  for (let index = 0; index < 1000; index++) {
    const view = cropView(
      { width: 64, height: 64, data },
      16,
      { cropScale: [0.2, 1] },
      new RandomStream(3, 0, index, "query"),
    );
    assertEquals(view.length, 16 * 16 * 3);
    const row = [...view.subarray(0, 48)];
    const rising = row[45]! > row[0]!;
    const sorted = row.toSorted((a, b) => rising ? a - b : b - a);
    assertEquals(row, sorted);
    if (!rising) mirrored++;
  }
  assertAlmostEquals(mirrored / 1000, 0.5, 0.06);
});
