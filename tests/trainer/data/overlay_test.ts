import { assert, assertEquals } from "@std/assert";
import { overlay } from "../../../trainer/data/overlay.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

Deno.test("overlay() covers a part of the view, and leaves the rest as it is", () => {
  const size = 64;
  const shares: number[] = [];
  for (let index = 0; index < 300; index++) {
    const random = new RandomStream(5, 0, index, "query");
    const pixels = new Float32Array(size * size * 3).fill(77.5);
    overlay(pixels, size, () => random.uniform());
    assertEquals(pixels.length, size * size * 3);
    assert(pixels.every((value) => value >= 0 && value <= 255));
    shares.push(pixels.filter((value) => value !== 77.5).length / pixels.length);
  }
  const mean = shares.reduce((a, b) => a + b) / shares.length;
  assert(mean > 0.05 && mean < 0.3, `${mean}`);
  assert(Math.max(...shares) < 0.75, `${Math.max(...shares)}`);
});
