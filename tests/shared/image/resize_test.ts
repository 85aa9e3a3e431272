import { assert, assertEquals } from "@std/assert";
import wabt from "wabt";
import { sha256Hex } from "../../../shared/digest.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { resize } from "../../../shared/image/resize.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import { readGoldens, readImage } from "./golden.ts";

const { resize: goldens } = await readGoldens();

for (const { width, height, sha256 } of goldens) {
  Deno.test(`resize() gives Pillow's bytes when asked for ${width} x ${height}`, async () => {
    const { pixels } = await decodeImage(await readImage("base.png"), { maxPixels: 10_000 });
    const resized = resize(pixels, width, height);
    assertEquals([resized.width, resized.height], [width, height]);
    assertEquals(await sha256Hex(resized.data), sha256);
  });
}

Deno.test("resize() averages a fine pattern to grey when it shrinks", () => {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (Math.floor(at / 3) % 2) * 255);
  const { data: small } = resize({ width: 64, height: 64, data }, 8, 8);
  for (const value of small) assertEquals(Math.abs(value - 127.5) < 12, true);
});

Deno.test("resize_kernel.wasm is what resize_kernel.wat says", async () => {
  const folder = new URL("../../../shared/image/", import.meta.url);
  const text = await Deno.readTextFile(new URL("resize_kernel.wat", folder));
  const { parseWat } = await wabt();
  const module = parseWat("resize_kernel.wat", text, { simd: true });
  module.validate();
  assertEquals(await Deno.readFile(new URL("resize_kernel.wasm", folder)), module.toBinary({}).buffer);
});

for (
  const [width, height, toWidth, toHeight] of [
    [1201, 403, 41, 29], // rows first, in many strips
    [301, 1501, 250, 64], // columns first
    [5, 3, 301, 170],
    [30_000, 2, 3, 1], // rows longer than a strip
  ] as const
) {
  Deno.test(`resize() weighs ${width} x ${height} by triangles for ${toWidth} x ${toHeight}, of a part too`, () => {
    const random = new RandomStream(width, 0, 0, "edit");
    const data = Uint8Array.from({ length: width * height * 3 }, () => random.below(256));
    const box = { left: width / 7, top: height / 9, width: width * 0.8, height: height * 0.7 };
    const window = {
      left: toWidth >> 2,
      top: toHeight >> 2,
      width: (toWidth + 1) >> 1,
      height: (toHeight + 1) >> 1,
    };
    const resized = resize({ width, height, data }, toWidth, toHeight, { box, window });
    const across = triangles(width, toWidth, box.left, box.width);
    const down = triangles(height, toHeight, box.top, box.height);
    for (let at = 0; at < resized.data.length; at++) {
      const [channel, pixel] = [at % 3, Math.floor(at / 3)];
      const x = window.left + pixel % window.width;
      const y = window.top + Math.floor(pixel / window.width);
      let expected = 0;
      for (const [row, ofRow] of down[y]!) {
        for (const [column, ofColumn] of across[x]!) {
          expected += ofRow * ofColumn * data[(row * width + column) * 3 + channel]!;
        }
      }
      // Either pass rounds.
      assert(
        Math.abs(resized.data[at]! - expected) <= 1.01,
        `${at}: ${resized.data[at]}, and not ${expected}`,
      );
    }
  });
}

/** For each output sample the input samples that make it, with their shares. */
function triangles(input: number, output: number, origin: number, extent: number): [number, number][][] {
  const scale = extent / output;
  const reach = Math.max(scale, 1);
  return Array.from({ length: output }, (_, place) => {
    const centre = origin + (place + 0.5) * scale;
    const shares: [number, number][] = [];
    for (let sample = 0; sample < input; sample++) {
      const share = 1 - Math.abs(sample + 0.5 - centre) / reach;
      if (share > 0) shares.push([sample, share]);
    }
    const sum = shares.reduce((sum, [, share]) => sum + share, 0);
    return shares.map(([sample, share]) => [sample, share / sum]);
  });
}
