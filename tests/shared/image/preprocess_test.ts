import { assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeImage } from "../../../shared/image/decode.ts";
import { fitPixels, preprocess } from "../../../shared/image/preprocess.ts";
import { readGoldens, readImage } from "./golden.ts";

const { preprocess: golden } = await readGoldens();
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
