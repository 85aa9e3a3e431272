import { crop } from "../../../shared/image/crop.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { orient } from "../../../shared/image/orient.ts";
import { type Pixels, placeOnCanvas } from "../../../shared/image/pixels.ts";
import { resize } from "../../../shared/image/resize.ts";
import { randomColour } from "../../data/arrange.ts";
import { blur } from "../../data/blur.ts";
import { blendWithGrey, greyMean } from "../../data/colour.ts";
import type { RandomStream } from "../../data/random.ts";
import { turnBy } from "../../data/turn_by.ts";
import { drawCaption, drawLogo } from "./drawing.ts";
import { addOrientation, encodeWebp } from "./encode_file.ts";

/** Quality of the JPEG that an edited picture is saved as, where compression is not the edit. */
const SAVED = 85;

/** Changes a picture; `other` gives another picture of the set, where the edit needs one. */
type Change = (
  picture: Pixels,
  random: RandomStream,
  other: () => Promise<Pixels>,
) => Pixels | Promise<Pixels>;

/** What people do to pictures that they copy, from picture to file. */
const CHANGES = {
  "half size": ({ width, height, data }) =>
    resize({ width, height, data }, Math.max(1, width >> 1), Math.max(1, height >> 1)),
  "crop to 80 %": (picture, random) => cropTo(picture, 0.8, random),
  "crop to 60 %": (picture, random) => cropTo(picture, 0.6, random),
  "crop to 40 %": (picture, random) => cropTo(picture, 0.4, random),
  brightness: (picture, random) =>
    blended(picture, (pixels) => blendWithGrey(pixels, pick(random, 0.6, 1.5), 0, 0)),
  contrast: (picture, random) =>
    blended(picture, (pixels) => {
      const factor = pick(random, 0.5, 1.6);
      blendWithGrey(pixels, factor, 0, (1 - factor) * greyMean(pixels));
    }),
  saturation: (picture, random) =>
    blended(picture, (pixels) => {
      const factor = pick(random, 0.3, 2);
      blendWithGrey(pixels, factor, 1 - factor, 0);
    }),
  grey: (picture) => blended(picture, (pixels) => blendWithGrey(pixels, 0, 1, 0)),
  blur: (picture) =>
    blended(picture, (pixels) => blur(pixels, picture, 0.015 * Math.min(picture.width, picture.height))),
  "turned by 6 degrees": (picture, random) => turnBy(picture, pick(random, -6, 6), [0, 0, 0]),
  "turned by 90 degrees": (picture, random) => orient(picture, pick(random, 6, 8)),
  "mirrored": (picture) => orient(picture, 2),
  caption: (picture, random) => drawCaption(picture, random),
  logo: (picture, random) => drawLogo(picture, random),
  "canvas 70 %": (picture, random) => {
    const width = Math.round(picture.width / 0.7), height = Math.round(picture.height / 0.7);
    const at = { x: (width - picture.width) >> 1, y: (height - picture.height) >> 1 };
    return placeOnCanvas(picture, at, { width, height }, randomColour(random));
  },
  stretched: ({ width, height, data }, random) => {
    const wide = random.uniform() < 0.5;
    return resize(
      { width, height, data },
      wide ? Math.round(1.4 * width) : width,
      wide ? height : Math.round(1.4 * height),
    );
  },
  frame: (picture, random) => {
    const border = Math.round(0.06 * Math.min(picture.width, picture.height));
    const whole = { width: picture.width + 2 * border, height: picture.height + 2 * border };
    return placeOnCanvas(picture, { x: border, y: border }, whole, randomColour(random));
  },
  collage: async (picture, random, other) => beside(picture, await other(), random.uniform() < 0.5),
} satisfies Record<string, Change>;

/** An edit: a picture's file, edited. */
type Edit = (picture: Pixels, random: RandomStream, other: () => Promise<Pixels>) => Promise<Uint8Array>;

const saved = (change: Change): Edit => async (picture, random, other) =>
  await encodeJpeg(await change(picture, random, other), SAVED);

/** Every edit by its name, in the order of reports. */
export const EDITS: Record<string, Edit> = {
  "JPEG 50": (picture) => encodeJpeg(picture, 50),
  "JPEG 30": (picture) => encodeJpeg(picture, 30),
  "JPEG 10": (picture) => encodeJpeg(picture, 10),
  WebP: (picture) => encodeWebp(picture, 50),
  "EXIF-turned": async (picture) => addOrientation(await encodeJpeg(orient(picture, 8), SAVED), 6),
  ...Object.fromEntries(Object.entries(CHANGES).map(([name, change]) => [name, saved(change)])),
};

/** One of the two. */
function pick(random: RandomStream, one: number, two: number): number {
  return random.uniform() < 0.5 ? one : two;
}

/** A rectangle with that share of each side, anywhere. */
function cropTo(picture: Pixels, share: number, random: RandomStream): Pixels {
  const width = Math.max(1, Math.round(share * picture.width));
  const height = Math.max(1, Math.round(share * picture.height));
  return crop(picture, {
    left: random.below(picture.width - width + 1),
    top: random.below(picture.height - height + 1),
    width,
    height,
  });
}

/** Changes colours on a copy with room for fractions. */
function blended({ width, height, data }: Pixels, change: (pixels: Float32Array) => void): Pixels {
  const pixels = Float32Array.from(data);
  change(pixels);
  return { width, height, data: Uint8Array.from(pixels, (value) => value + 0.5) };
}

/** Two pictures side by side, the other one as high as the first. */
function beside(picture: Pixels, other: Pixels, first: boolean): Pixels {
  const { width, height } = picture;
  const added = resize(other, Math.max(1, Math.round(other.width * height / other.height)), height);
  const whole = { width: width + added.width, height };
  const canvas = placeOnCanvas(picture, { x: first ? 0 : added.width, y: 0 }, whole);
  for (let row = 0; row < height; row++) {
    const from = row * added.width * 3;
    canvas.data.set(
      added.data.subarray(from, from + added.width * 3),
      (row * whole.width + (first ? width : 0)) * 3,
    );
  }
  return canvas;
}
