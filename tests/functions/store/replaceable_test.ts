import { assert, assertEquals } from "@std/assert";
import { type Comparable, isReplaceable } from "../../../functions/embed/store/replaceable.ts";
import { crop } from "../../../shared/image/crop.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import type { Pixels } from "../../../shared/image/pixels.ts";
import { resize } from "../../../shared/image/resize.ts";
import { thumbnail, THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { turnBy } from "../../../trainer/data/turn_by.ts";
import { drawCaption, drawLogo } from "../../../trainer/evaluate/copy/drawing.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import { encodeWebp } from "../../../trainer/evaluate/copy/encode_file.ts";
import { EDITS } from "../../../trainer/evaluate/copy/edits.ts";
import { photo } from "../test_app.ts";

const PHOTOS = 24;

/** What saves or scales a picture again. */
const SAVES: Record<string, (picture: Pixels) => Promise<Uint8Array>> = {
  "JPEG 90": (picture) => encodeJpeg(picture, 90),
  "JPEG 50": (picture) => encodeJpeg(picture, 50),
  WebP: (picture) => encodeWebp(picture, 50),
  "three quarters": ({ width, height, data }) =>
    encodeJpeg(resize({ width, height, data }, Math.round(width * 0.75), Math.round(height * 0.75)), 85),
  "half size": (picture) =>
    EDITS["half size"]!(picture, new RandomStream(1, 0, 0, "edit"), () => Promise.resolve(picture)),
};

/** What changes framing or orientation, or adds something. */
const CHANGES = [
  ...[
    "crop to 80 %",
    "crop to 60 %",
    "crop to 40 %",
    "turned by 6 degrees",
    "turned by 90 degrees",
    "mirrored",
  ],
  ...["caption", "logo", "canvas 70 %", "stretched", "frame", "collage", "brightness", "contrast"],
];

/** What is harder to see: on 150 pixels, a crop by three of them, and what is faint or small. */
const FAINT: Record<string, (picture: Pixels, random: RandomStream) => Pixels> = {
  "crop by 2 %, resized": (picture) => {
    const [width, height] = [picture.width - 3, picture.height - 3];
    return resize(crop(picture, { left: 1, top: 2, width, height }), picture.width, picture.height);
  },
  "caption, opacity 30 %": (picture, random) => blend(picture, drawCaption(picture, random), 0.3),
  "logo, opacity 30 %": (picture, random) => blend(picture, drawLogo(picture, random), 0.3),
  "half the saturation": (picture) => blend(picture, grey(picture), 0.5),
  "turned by 1 degree": (picture) => turnBy(picture, 1, [128, 128, 128]),
};

function blend(a: Pixels, b: Pixels, share: number): Pixels {
  return { ...a, data: a.data.map((value, at) => Math.round(value + share * (b.data[at]! - value))) };
}

function grey({ width, height, data }: Pixels): Pixels {
  const level = (at: number) => 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  return { width, height, data: data.map((_, at) => Math.round(level(at - at % 3))) };
}

async function comparable(bytes: Uint8Array): Promise<Comparable> {
  const { pixels, box, width, height } = await decodeImage(bytes, { maxPixels: 1e7, cover: 96 });
  return { width, height, thumbnail: thumbnail(pixels, box) };
}

async function originals(): Promise<Pixels[]> {
  return await Promise.all(Array.from({ length: PHOTOS }, async (_, number) => {
    return (await decodeImage(await photo(number), { maxPixels: 1e7 })).pixels;
  }));
}

Deno.test("isReplaceable() is true of what was saved or scaled again, at 95 % and more", async () => {
  let replaceable = 0, all = 0;
  const missed: string[] = [];
  for (const [number, picture] of (await originals()).entries()) {
    const original = await comparable(await photo(number));
    for (const [name, save] of Object.entries(SAVES)) {
      all++;
      if (isReplaceable(await comparable(await save(picture)), original)) replaceable++;
      else missed.push(`${name} of ${number}`);
    }
  }
  assert(replaceable / all >= 0.95, missed.join(", "));
});

Deno.test("isReplaceable() is false of every crop, turn, mirror image, caption, logo, frame and change of light", async () => {
  const pictures = await originals();
  const passed: string[] = [];
  for (const [number, picture] of pictures.entries()) {
    const original = await comparable(await photo(number));
    for (const name of CHANGES) {
      const other = () => Promise.resolve(pictures[(number + 1) % PHOTOS]!);
      const edited = await comparable(
        await EDITS[name]!(picture, new RandomStream(1, 0, number, "edit"), other),
      );
      if (isReplaceable(edited, original) || isReplaceable(original, edited)) {
        passed.push(`${name} of ${number}`);
      }
    }
    for (const [name, change] of Object.entries(FAINT)) {
      const changed = change(picture, new RandomStream(1, 0, number, "edit"));
      // One of the photos has no saturation.
      if (changed.data.every((value, at) => value === picture.data[at])) continue;
      const edited = await comparable(await encodeJpeg(changed, 85));
      if (isReplaceable(edited, original)) passed.push(`${name} of ${number}`);
    }
  }
  assertEquals(passed, []);
});

Deno.test("isReplaceable() is false of a smaller picture, and of one whose sides do not fit", () => {
  const grey = new Uint8Array(THUMBNAIL_BYTES).fill(128);
  const of = (width: number, height: number) => ({ width, height, thumbnail: grey });
  assertEquals(isReplaceable(of(100, 50), of(100, 50)), true);
  assertEquals(isReplaceable(of(33, 17), of(100, 50)), true);
  assertEquals(isReplaceable(of(100, 50), of(99, 50)), false);
  assertEquals(isReplaceable(of(100, 50), of(200, 110)), false);
  assertEquals(isReplaceable(of(100, 50), { ...of(100, 50), thumbnail: new Uint8Array() }), false);
});
