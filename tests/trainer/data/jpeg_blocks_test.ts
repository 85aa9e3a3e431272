import { assert, assertEquals } from "@std/assert";
import { compressAsJpeg } from "../../../trainer/data/jpeg_blocks.ts";

const golden: { size: number; pixels: number[]; byQuality: Record<string, number[]> } = JSON.parse(
  await Deno.readTextFile(new URL("../../../fixtures/jpeg.json", import.meta.url)),
);

for (const [quality, expected] of Object.entries(golden.byQuality)) {
  Deno.test(`compressAsJpeg() loses what Pillow's codec loses at quality ${quality}`, () => {
    const pixels = Float32Array.from(golden.pixels);
    compressAsJpeg(pixels, golden.size, Number(quality));
    // libjpeg's transform is in whole numbers, so that now and then a coefficient falls to the other side of a half.
    const errors = expected.map((value, i) => Math.abs(value - pixels[i]!));
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    const loss = expected.map((value, i) => Math.abs(value - golden.pixels[i]!));
    const meanLoss = loss.reduce((a, b) => a + b) / loss.length;
    assert(mean < 0.14 * meanLoss, `mean error ${mean} of a mean loss of ${meanLoss}`);
  });
}

Deno.test("compressAsJpeg() leaves what lies beyond the last whole block as it is", () => {
  const pixels = Float32Array.from({ length: 12 * 12 * 3 }, (_, i) => (i * 37) % 256);
  const before = pixels.slice();
  compressAsJpeg(pixels, 12, 5);
  const changed = pixels.findIndex((value, i) => value !== before[i] && (i / 3 % 12 >= 8 || i / 36 >= 8));
  assertEquals(changed, -1);
  assert(pixels.some((value, i) => value !== before[i]));
});
