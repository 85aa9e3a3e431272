import { decode as decodeByImageScript } from "imagescript";
import sharp from "sharp";
import { decodeImage } from "../../../shared/image/decode.ts";
import { median } from "./latency.ts";
import type { Sample } from "./pictures.ts";

/** Milliseconds, medians. */
export interface DecodeTimes {
  picture: string;
  lookalike: number;
  /** libvips and libjpeg-turbo, native: the same size and the same pixels, by its own shrinking while it reads. */
  sharp: number;
  /** `ImageScript.decode`, which always makes all pixels. */
  imageScript: number;
}

/** Decodes a photo for an encoder of `cover` pixels in three ways that take turns, in this thread. */
export async function measureDecode(
  { name, bytes }: Sample,
  cover: number,
  rounds: number,
): Promise<DecodeTimes> {
  const decode = () => decodeImage(bytes, { maxPixels: 1e8, cover });
  const { pixels: { width, height } } = await decode();
  const ways = {
    lookalike: decode,
    sharp: () => sharp(bytes).resize(width, height, { fit: "fill" }).raw().toBuffer(),
    imageScript: () => decodeByImageScript(bytes),
  };
  const times = { lookalike: [] as number[], sharp: [] as number[], imageScript: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const way of ["lookalike", "sharp", "imageScript"] as const) {
      const start = performance.now();
      await ways[way]();
      times[way].push(performance.now() - start);
    }
  }
  return {
    picture: name,
    lookalike: median(times.lookalike),
    sharp: median(times.sharp),
    imageScript: median(times.imageScript),
  };
}
