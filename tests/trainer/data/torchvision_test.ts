import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { blur } from "../../../trainer/data/blur.ts";
import { blendWithGrey, greyMean, turnHue } from "../../../trainer/data/colour.ts";
import { randomCrop } from "../../../trainer/data/geometry.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import golden from "../../../fixtures/torchvision.json" with { type: "json" };

const { size } = golden;
const numbers = (text: string) => Float32Array.from(text.split(" "), Number);
const picture = numbers(golden.picture);

const operations: Record<string, (pixels: Float32Array, factor: number) => void> = {
  brightness: (pixels, factor) => blendWithGrey(pixels, factor, 0, 0),
  contrast: (pixels, factor) => blendWithGrey(pixels, factor, 0, (1 - factor) * greyMean(pixels)),
  saturation: (pixels, factor) => blendWithGrey(pixels, factor, 1 - factor, 0),
  hue: (pixels, factor) => turnHue(pixels, factor),
  grey: (pixels) => blendWithGrey(pixels, 0, 1, 0),
  blur: (pixels, sigma) => blur(pixels, { width: size, height: size }, sigma),
};

/** Largest distance, in levels of 0..255. */
function distance(a: Float32Array, b: Float32Array): number {
  assertEquals(a.length, b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

for (const { name, factor = NaN, pixels } of golden.operations) {
  Deno.test(`${name}() gives torchvision's numbers when its factor is ${factor}`, () => {
    const out = picture.slice();
    operations[name]!(out, factor);
    // Where luma comes in, torchvision's tensors weigh red by 0.2989 instead of 0.299.
    const tolerance = ["contrast", "saturation", "grey"].includes(name) ? 0.03 : 0.002;
    assert(distance(out, numbers(pixels)) < tolerance, `${distance(out, numbers(pixels))}`);
  });
}

Deno.test("a chain of colour operations stays near the official code's when that rounds to 8 bits in between", () => {
  const out = picture.slice();
  operations.contrast!(out, 1.3);
  operations.hue!(out, 0.07);
  operations.brightness!(out, 0.8);
  operations.saturation!(out, 0.7);
  const official = numbers(golden.pillow.jittered);
  const mean = out.reduce((sum, value, at) => sum + Math.abs(value - official[at]!), 0) / out.length;
  assert(mean < 2, `${mean}`);
  assert(distance(out, official) < 8, `${distance(out, official)}`); // Pillow's hue has 8 bits
});

Deno.test("blur() stays near the official code's when that adds up boxes", () => {
  const out = picture.slice();
  blur(out, { width: size, height: size }, 1.2);
  const official = numbers(golden.pillow.blurred);
  // Pillow repeats the edge instead of reflecting it, so only the middle compares.
  const inside = (values: Float32Array) =>
    values.filter((_, at) => {
      const x = Math.floor(at / 3) % size, y = Math.floor(at / 3 / size);
      return Math.max(Math.abs(x - 4), Math.abs(y - 4)) <= 1;
    });
  assert(distance(inside(out), inside(official)) < 4, `${distance(inside(out), inside(official))}`);
});

for (const { width, height, scale, ...quantiles } of golden.crops) {
  Deno.test(`randomCrop() spreads as torchvision's crops of ${width} x ${height} from ${scale[0]} on`, () => {
    const drawn = { area: [], logRatio: [], left: [], top: [] } as Record<keyof typeof quantiles, number[]>;
    for (let index = 0; index < 20_000; index++) {
      const random = new RandomStream(5, 0, index, "query");
      const box = randomCrop(width, height, [scale[0]!, scale[1]!], random);
      drawn.area.push(box.width * box.height / (width * height));
      drawn.logRatio.push(Math.log(box.width / box.height));
      drawn.left.push(box.left / width);
      drawn.top.push(box.top / height);
    }
    for (const [name, expected] of Object.entries(quantiles)) {
      const sorted = drawn[name as keyof typeof quantiles].sort((a, b) => a - b);
      expected.forEach((value, index) => {
        const got = sorted[Math.floor(golden.quantiles[index]! * sorted.length)]!;
        // A 32-pixel side has steps of 0.03.
        assertAlmostEquals(got, value, 0.035, `${name}, quantile ${golden.quantiles[index]}`);
      });
    }
  });
}
