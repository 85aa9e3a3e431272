import { assert, assertEquals } from "@std/assert";
import type { Pixels } from "../../../shared/image/pixels.ts";
import { arrange } from "../../../trainer/data/arrange.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

const SIZE = 32;

/** Red left, blue right; green above, none below. */
function quarters(): Pixels {
  const data = new Uint8Array(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      data.set([x < SIZE / 2 ? 200 : 0, y < SIZE / 2 ? 150 : 0, x < SIZE / 2 ? 0 : 200], (y * SIZE + x) * 3);
    }
  }
  return { width: SIZE, height: SIZE, data };
}

const random = (index: number) => new RandomStream(4, 0, index, "query");
const at = (
  { width, data }: Pixels,
  x: number,
  y: number,
) => [...data.subarray((y * width + x) * 3).slice(0, 3)];

Deno.test("arrange() leaves a picture of the view's size as it is when nothing is asked for", () => {
  assertEquals(arrange(quarters(), SIZE, {}, random(0)), quarters());
});

Deno.test("arrange() puts the whole picture, made smaller, on a canvas of one colour", () => {
  const inner = new Set<number>();
  for (let index = 0; index < 100; index++) {
    const grey: Pixels = { width: 8, height: 8, data: new Uint8Array(192).fill(77) };
    const view = arrange(grey, SIZE, { canvas: { probability: 1, shrink: [1.25, 2] } }, random(index));
    let covered = 0;
    const colours = new Set<string>();
    for (let i = 0; i < view.data.length; i += 3) {
      const colour = view.data.subarray(i, i + 3).join();
      if (colour === "77,77,77") covered++;
      else colours.add(colour);
    }
    assertEquals(colours.size, 1);
    inner.add(covered);
    assert(covered >= 16 * 16 && covered <= 26 * 26, `${covered}`);
  }
  assert(inner.size > 20); // sides of many lengths
});

Deno.test("arrange() turns by quarters without changing a pixel", () => {
  const seen = new Set<string>();
  for (let index = 0; index < 40; index++) {
    const view = arrange(quarters(), SIZE, { quarterTurn: { probability: 1 } }, random(index));
    const [first, last] = [at(view, 0, 0), at(view, SIZE - 1, SIZE - 1)];
    seen.add(`${first} ${last}`);
    assertEquals(view.data.toSorted(), quarters().data.toSorted());
  }
  // The top left corner comes from the bottom left, the bottom right or the top right.
  assertEquals(seen, new Set(["200,0,0 0,150,200", "0,0,200 200,150,0", "0,150,200 200,0,0"]));
});

Deno.test("arrange() turns about the centre, by no more than it may", () => {
  for (let index = 0; index < 50; index++) {
    const view = arrange(quarters(), SIZE, { turn: { probability: 1, degrees: 16 } }, random(index));
    // Far from the quarters' borders every colour stays, since 16 degrees move the middle of a quarter by 3 pixels.
    for (const [x, y] of [[8, 8], [24, 8], [8, 24], [24, 24]] as const) {
      assertEquals(at(view, x, y), at(quarters(), x, y));
    }
  }
});
