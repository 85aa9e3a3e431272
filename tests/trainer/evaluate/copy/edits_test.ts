import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeImage } from "../../../../shared/image/decode.ts";
import type { Pixels } from "../../../../shared/image/pixels.ts";
import { resize } from "../../../../shared/image/resize.ts";
import { RandomStream } from "../../../../trainer/data/random.ts";
import { EDITS } from "../../../../trainer/evaluate/copy/edits.ts";

const photo = new URL("../../../../fixtures/photos/scenes_00.jpg", import.meta.url);
const limits = { maxPixels: 1e6, cover: undefined };
const decode = (file: Uint8Array) => decodeImage(file, limits);
const picture = (await decode(await Deno.readFile(photo))).pixels;
const other: Pixels = { width: 50, height: 100, data: new Uint8Array(50 * 100 * 3).fill(255) };

/** The file of an edit, decoded. */
async function edited(name: string, place = 0) {
  const random = new RandomStream(1, 0, place, "edit");
  const file = await EDITS[name]!(picture, random, () => Promise.resolve(other));
  return { file, ...await decode(file) };
}

/** Mean difference in levels of two pictures, both as 32 x 32. */
function difference(a: Pixels, b: Pixels): number {
  const [left, right] = [a, b].map((each) => resize(each, 32, 32).data) as [Uint8Array, Uint8Array];
  return left.reduce((sum, value, i) => sum + Math.abs(value - right[i]!), 0) / left.length;
}

const { width, height } = picture;
const canvas = (share: number) => [Math.round(width / share), Math.round(height / share)];
const SIZES: Record<string, number[]> = {
  "half size": [width >> 1, height >> 1],
  "crop to 80 %": [0.8 * width, 0.8 * height],
  "crop to 60 %": [0.6 * width, 0.6 * height],
  "crop to 40 %": [0.4 * width, 0.4 * height],
  "canvas 70 %": canvas(0.7),
  frame: [width + 18, height + 18],
  collage: [width + Math.round(50 * height / 100), height],
};
/** Those after which the picture, squeezed, is nearly the same. */
const MILD = ["JPEG 50", "JPEG 30", "JPEG 10", "WebP", "half size", "EXIF-turned", "stretched", "blur"];

for (const name of Object.keys(EDITS)) {
  Deno.test(`edit "${name}" gives a file of the size it says, the same every time`, async () => {
    const { file, pixels, format } = await edited(name);
    assertEquals(format, name === "WebP" ? "webp" : "jpeg");
    if (name === "stretched") assertAlmostEquals(pixels.width * pixels.height, 1.4 * width * height, 1);
    else assertEquals([pixels.width, pixels.height], SIZES[name] ?? [width, height]);
    assertEquals((await edited(name)).file, file);
    const changed = difference(pixels, picture);
    assert(MILD.includes(name) ? changed < 8 : changed > 1, `${changed}`);
  });
}

Deno.test('edits "JPEG 10" to "JPEG 50" take the fewer bytes the lower the quality', async () => {
  const [ten, thirty, fifty] = await Promise.all(
    ["JPEG 10", "JPEG 30", "JPEG 50"].map((name) => edited(name)),
  );
  assert(ten!.file.length < thirty!.file.length && thirty!.file.length < fifty!.file.length);
});

Deno.test('edit "mirrored" is the picture when it is mirrored back', async () => {
  const { pixels } = await edited("mirrored");
  const back = new Uint8Array(pixels.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + width - 1 - x) * 3;
      back.set(pixels.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  assert(difference({ width, height, data: back }, picture) < 4);
});
