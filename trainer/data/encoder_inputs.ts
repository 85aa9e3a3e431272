import type { Preprocessing } from "../../shared/bundle.ts";
import { normalize } from "../../shared/image/preprocess.ts";
import { progressBar } from "../progress.ts";
import { loadPictures } from "./loader.ts";
import type { PictureSource } from "./picture_source.ts";

const DECODERS = 1; // threads; the encoder takes longer than decoding

/**
 * Pictures as an encoder's inputs, [3, size, size] each, with a progress bar. Those that cannot be read are told on
 * standard error and left out.
 */
export async function* encoderInputs(
  label: string,
  pictures: PictureSource,
  paths: string[],
  preprocessing: Preprocessing,
): AsyncGenerator<Float32Array> {
  const bar = progressBar(label, paths.length);
  const skip = (path: string, reason: string) => {
    console.error(`Skipped ${path}: ${reason}`);
    bar.advance();
  };
  for await (const { pixels } of loadPictures(pictures, paths, preprocessing, DECODERS, skip)) {
    yield normalize(pixels, preprocessing);
    bar.advance();
  }
  bar.done();
}
