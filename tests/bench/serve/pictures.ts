import { Image } from "imagescript";
import { decodeImage } from "../../../shared/image/decode.ts";
import { resize } from "../../../shared/image/resize.ts";

const PHOTO = new URL("../../../fixtures/photos/scenes_00.jpg", import.meta.url);

/** A picture to upload, and what it is. */
export interface Sample {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A photo as it comes from a data set, some 160 pixels wide. */
export async function smallPhoto(): Promise<Sample> {
  const bytes = await Deno.readFile(PHOTO);
  const { width, height } = await decodeImage(bytes, { maxPixels: 1e6 });
  return { name: `photo, ${width} x ${height}`, bytes };
}

/**
 * The same photo enlarged to 12 megapixels, with the grain of a camera's sensor, without which a JPEG decoder has
 * much less to do than with a photo from a telephone (4 MB at this size).
 */
export async function largePhoto(): Promise<Sample> {
  const [width, height] = [4000, 3000];
  const { pixels } = await decodeImage(await Deno.readFile(PHOTO), { maxPixels: 1e6 });
  const { data } = resize(pixels, width, height);
  const image = new Image(width, height);
  let state = 1;
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const grain = (state >>> 28) - 8;
    for (let channel = 0; channel < 3; channel++) image.bitmap[to + channel] = data[from + channel]! + grain;
    image.bitmap[to + 3] = 255;
  }
  const bytes = new Uint8Array(await image.encodeJPEG(90));
  return { name: `JPEG, ${width} x ${height}, ${(bytes.length / 1e6).toFixed(1)} MB`, bytes };
}

let variants = 0;

/** The same picture in a file that was never sent before: a counter follows its end marker. */
export function variant({ bytes }: Sample): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length + 4);
  copy.set(bytes);
  new DataView(copy.buffer).setUint32(bytes.length, ++variants);
  return copy;
}
