import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../shared/digest.ts";
import { crop } from "../../../shared/image/crop.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { fitPixels, preprocess } from "../../../shared/image/preprocess.ts";
import { readGoldens, readImage } from "./golden.ts";

const { crop: crops, preprocess: golden } = await readGoldens();
const { pixels } = await decodeImage(await readImage("base.png"), { maxPixels: 10_000 });

Deno.test("preprocess() gives torchvision's tensor when it squeezes and normalises", () => {
  const { size, mean, std } = golden;
  const tensor = preprocess(pixels, { fit: "squeeze", size, mean, std });
  assertEquals(tensor.length, 3 * size * size);
  for (const [at, value] of Object.entries(golden.values)) {
    assertAlmostEquals(tensor[Number(at)]!, value, 1e-6);
  }
});

Deno.test("fitPixels() gives interleaved bytes of which preprocess() is the normalised planes", () => {
  const preprocessing = {
    fit: "squeeze" as const,
    size: 16,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  } satisfies Parameters<
    typeof preprocess
  >[1];
  const bytes = fitPixels(pixels, preprocessing);
  const tensor = preprocess(pixels, preprocessing);
  for (let at = 0; at < 256; at++) {
    for (let channel = 0; channel < 3; channel++) {
      assertAlmostEquals(tensor[channel * 256 + at]!, bytes[at * 3 + channel]! / 255, 1e-6);
    }
  }
});

for (const { width, height, shorterSide, size, sha256 } of crops) {
  Deno.test(`fitPixels() gives torchvision's bytes when it cuts ${size} of ${shorterSide} from ${width} x ${height}`, async () => {
    const picture = crop(pixels, { left: 0, top: 0, width, height });
    const fitted = fitPixels(picture, { fit: "crop", shorterSide, size, mean: [0, 0, 0], std: [1, 1, 1] });
    assertEquals(await sha256Hex(fitted), sha256);
  });
}

Deno.test("fitPixels() cuts the middle from a picture far longer than wide without making all of it", () => {
  // In whole 256 x 5,120,000,000 pixels; its rows at their new width alone would have 13 GB.
  const height = 20_000_000;
  const picture = { width: 1, height, data: new Uint8Array(height * 3).fill(255, height * 3 / 2) };
  const fitted = fitPixels(picture, {
    fit: "crop",
    shorterSide: 256,
    size: 224,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  });
  assertEquals(fitted.length, 224 * 224 * 3);
  // Between a black and a white pixel that lie 256 apart: 255 (0.5 -+ 111.5 / 256).
  assertEquals([fitted[0], fitted.at(-1)], [16, 239]);
});
