import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../shared/digest.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { resize } from "../../../shared/image/resize.ts";
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
