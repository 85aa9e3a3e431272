import sharp from "sharp";
import { mutate, seeded } from "../mutations/mutate.ts";

const PHOTOS = new URL("../../../fixtures/photos/", import.meta.url);

/** A picture to upload, and what it is. */
export interface Upload {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const KINDS = [
  ["VGA JPEG", 640, 480, "jpeg"],
  ["2 MP JPEG", 1600, 1200, "jpeg"],
  ["12 MP JPEG", 4000, 3000, "jpeg"],
  ["2 MP PNG", 1600, 1200, "png"],
  ["2 MP WebP", 1600, 1200, "webp"],
] as const;

/** Photos enlarged to the sizes that people upload, with the grain of a camera's sensor. */
export async function largePictures(): Promise<Upload[]> {
  const pictures: Upload[] = [];
  for (const [index, [name, width, height, format]] of KINDS.entries()) {
    const photo = await Deno.readFile(new URL(`scenes_0${index}.jpg`, PHOTOS));
    const pixels = await sharp(photo).resize(width, height, { fit: "fill" }).removeAlpha().raw().toBuffer();
    let state = index + 1;
    for (let at = 0; at < pixels.length; at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      pixels[at] = Math.max(0, Math.min(255, pixels[at]! + (state >>> 28) - 8));
    }
    const encoded = sharp(pixels, { raw: { width, height, channels: 3 } }).toFormat(format, { quality: 90 });
    pictures.push({ name, bytes: new Uint8Array(await encoded.toBuffer()) });
  }
  return pictures;
}

/** Photos as they are, 150 x 150. */
export async function smallPictures(): Promise<Upload[]> {
  const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name).sort();
  return await Promise.all(
    names.map(async (name) => ({ name, bytes: await Deno.readFile(new URL(name, PHOTOS)) })),
  );
}

/** Small pictures broken in seeded ways. */
export function brokenPictures(pictures: Upload[], seed: number): Upload[] {
  const random = seeded(seed);
  return pictures.map(({ name, bytes }, index) => {
    const other = pictures[(index + 1) % pictures.length]!;
    const broken = mutate(bytes, other.bytes, random);
    return { name: `${name} with ${broken.way}`, bytes: broken.bytes };
  });
}

/** The same picture in a file that was never sent before: a counter follows its end. */
export function variant({ bytes }: Upload, number: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length + 4);
  copy.set(bytes);
  new DataView(copy.buffer).setUint32(bytes.length, number);
  return copy;
}
