import { assert, assertEquals } from "@std/assert";
import { decodeImage } from "../../../shared/image/decode.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { resize } from "../../../shared/image/resize.ts";
import {
  thumbnail,
  THUMBNAIL_BYTES,
  THUMBNAIL_SIZE,
  thumbnailPixels,
} from "../../../shared/image/thumbnail.ts";
import { addOrientation } from "../../../trainer/evaluate/copy/encode_file.ts";
import { photo } from "../../functions/test_app.ts";

Deno.test("thumbnail() of a JPEG that was decoded at a fraction is that of the whole, also where it was turned", async () => {
  const { pixels } = await decodeImage(await photo(1), { maxPixels: 1e6 });
  // An eighth is 125.125 x 100.125 pixels.
  const file = await encodeJpeg(resize(pixels, 1001, 801), 90);
  for (const orientation of [1, 3, 6]) {
    const turned = addOrientation(file, orientation);
    const whole = await decodeImage(turned, { maxPixels: 1e6 });
    const part = await decodeImage(turned, { maxPixels: 1e6, cover: 50 });
    assertEquals(Math.max(part.pixels.width, part.pixels.height), 126);
    const [a, b] = [thumbnail(whole.pixels, whole.box), thumbnail(part.pixels, part.box)];
    const differ = (a: Uint8Array, b: Uint8Array) =>
      a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
    assert(differ(a, b) < 0.8 * differ(a, thumbnail(part.pixels)), `orientation ${orientation}`);
  }
});

Deno.test("thumbnail() of many rows, which it averages before, is that of all of them to a few levels", async () => {
  const { pixels } = await decodeImage(await photo(2), { maxPixels: 1e6 });
  const large = resize(pixels, 300, 1201);
  for (const box of [undefined, { left: 0, top: 200.25, width: 299.5, height: 1000.75 }]) {
    // What has few rows is not averaged.
    const all = thumbnail(resize(large, THUMBNAIL_SIZE, THUMBNAIL_SIZE, { box }));
    const differences = thumbnail(large, box).map((value, at) => Math.abs(value - all[at]!));
    assert(differences.every((each) => each <= 3));
    assert(differences.reduce((sum, each) => sum + each, 0) < 0.3 * differences.length);
  }
});

Deno.test("thumbnail() keeps luma and chromas, as JPEG has them", () => {
  const red = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 255, 0, 0) };
  const planes = thumbnail(red);
  assertEquals(planes.length, THUMBNAIL_BYTES);
  assertEquals([...thumbnailPixels(planes).data.subarray(0, 3)], [76, 85, 255]);
});
