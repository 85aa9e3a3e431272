import sharp, { type Sharp } from "sharp";

const PHOTOS = new URL("../../../fixtures/photos/", import.meta.url);

/** A picture to upload, and what it is. */
export interface Sample {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const LARGE = [
  ["VGA JPEG", 640, 480, (raw: Sharp) => raw.jpeg({ quality: 90 })],
  ["2 MP JPEG", 1600, 1200, (raw: Sharp) => raw.jpeg({ quality: 90 })],
  ["12 MP JPEG", 4000, 3000, (raw: Sharp) => raw.jpeg({ quality: 90 })],
  ["2 MP PNG", 1600, 1200, (raw: Sharp) => raw.png()],
  ["2 MP WebP", 1600, 1200, (raw: Sharp) => raw.webp({ quality: 90 })],
] as const;

/** The photos of `fixtures/photos`, as they come from a data set: 150 x 150. */
export async function smallPhotos(): Promise<Sample[]> {
  const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name).sort();
  return await Promise.all(
    names.map(async (name) => ({ name, bytes: await Deno.readFile(new URL(name, PHOTOS)) })),
  );
}

/**
 * Photos enlarged to the sizes that people upload, with the grain of a camera's sensor, without which a decoder has much
 * less to do than with a photo from a telephone: 4 MB as a JPEG of 12 megapixels.
 */
export async function largePhotos(): Promise<Sample[]> {
  const photos: Sample[] = [];
  for (const [index, [name, width, height, encode]] of LARGE.entries()) {
    const small = await Deno.readFile(new URL(`scenes_0${index}.jpg`, PHOTOS));
    const pixels = await sharp(small).resize(width, height, { fit: "fill" }).removeAlpha().raw().toBuffer();
    let state = index + 1;
    for (let at = 0; at < pixels.length; at += 3) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const grain = (state >>> 27) - 16;
      for (let channel = at; channel < at + 3; channel++) {
        pixels[channel] = Math.max(0, Math.min(255, pixels[channel]! + grain));
      }
    }
    const encoded = encode(sharp(pixels, { raw: { width, height, channels: 3 } }));
    photos.push({ name, bytes: new Uint8Array(await encoded.toBuffer()) });
  }
  return photos;
}

let variants = 0;

/** The same picture in a file that was never sent before: a counter follows its end. */
export function variant({ bytes }: Sample): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length + 4);
  copy.set(bytes);
  new DataView(copy.buffer).setUint32(bytes.length, ++variants);
  return copy;
}
