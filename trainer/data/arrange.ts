import { orient } from "../../shared/image/orient.ts";
import { type Pixels, placeOnCanvas } from "../../shared/image/pixels.ts";
import { resize } from "../../shared/image/resize.ts";
import type { RandomStream } from "./random.ts";
import { type Colour, turnBy } from "./turn_by.ts";

/** How a picture is laid out in a view, as editors and web pages do it, each with a probability. */
export interface Arrangement {
  /** Made smaller by a factor between the two, on a canvas of one colour, anywhere on it. */
  canvas?: { probability: number; shrink: [number, number] };
  /** Turned by at most so many degrees either way; the corners get a colour. */
  turn?: { probability: number; degrees: number };
  /** Turned by 90, 180 or 270 degrees. */
  quarterTurn?: { probability: number };
}

/** EXIF's orientations of pictures that are turned by 90, 180 and 270 degrees. */
const QUARTER_TURNS = [6, 3, 8];

/** Lays a cropped picture out as a view of `size` x `size`: beside `other` where there is one. */
export function arrange(
  cropped: Pixels,
  size: number,
  { canvas, turn, quarterTurn }: Arrangement,
  random: RandomStream,
  other?: Pixels,
): Pixels {
  const happens = (part: { probability: number } | undefined): part is NonNullable<typeof part> =>
    part !== undefined && random.uniform() < part.probability;
  let view: Pixels;
  if (other) view = beside(cropped, other, size, random);
  else if (canvas && happens(canvas)) {
    const [width, height] = [0, 0].map(() => Math.round(size / random.between(...canvas.shrink)));
    const at = { x: random.below(size - width! + 1), y: random.below(size - height! + 1) };
    view = placeOnCanvas(
      resize(cropped, width!, height!),
      at,
      { width: size, height: size },
      randomColour(random),
    );
  } else view = resize(cropped, size, size);
  if (happens(quarterTurn)) view = orient(view, QUARTER_TURNS[random.below(3)]!);
  if (turn && happens(turn)) {
    view = turnBy(view, random.between(-turn.degrees, turn.degrees), randomColour(random));
  }
  return view;
}

/** Two pictures in one of `size` x `size`, side by side or one above the other: each has from a third to two thirds of it. */
function beside(one: Pixels, other: Pixels, size: number, random: RandomStream): Pixels {
  const share = Math.round(size * random.between(1 / 3, 2 / 3));
  const [first, second] = random.below(2) === 0 ? [one, other] : [other, one];
  const upright = random.below(2) === 0;
  const part = (picture: Pixels, long: number) =>
    upright ? resize(picture, size, long) : resize(picture, long, size);
  const whole = { width: size, height: size, data: new Uint8Array(size * size * 3) };
  paste(whole, part(first, share), 0, 0);
  paste(whole, part(second, size - share), upright ? 0 : share, upright ? share : 0);
  return whole;
}

/** Writes a picture over a part of another one, in place. */
function paste(onto: Pixels, { width, height, data }: Pixels, left: number, top: number): void {
  for (let row = 0; row < height; row++) {
    onto.data.set(
      data.subarray(row * width * 3, (row + 1) * width * 3),
      ((top + row) * onto.width + left) * 3,
    );
  }
}

/** Black, white, a grey or any colour: what canvases and corners are filled with. */
export function randomColour(random: RandomStream): Colour {
  const grey = random.below(256);
  switch (random.below(4)) {
    case 0:
      return [0, 0, 0];
    case 1:
      return [255, 255, 255];
    case 2:
      return [grey, grey, grey];
    default:
      return [grey, random.below(256), random.below(256)];
  }
}
