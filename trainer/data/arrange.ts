import { type Pixels, placeOnCanvas } from "../../shared/image/pixels.ts";
import { resize } from "../../shared/image/resize.ts";
import type { RandomStream } from "./random.ts";

/** How a picture is laid out in a view, as editors and web pages do it, each with a probability. */
export interface Arrangement {
  /** Made smaller by a factor between the two, on a canvas of one colour, anywhere on it. */
  canvas?: { probability: number; shrink: [number, number] };
  /** Turned by at most so many degrees either way; the corners get a colour. */
  turn?: { probability: number; degrees: number };
  /** Turned by 90, 180 or 270 degrees. */
  quarterTurn?: { probability: number };
}

type Colour = [number, number, number];

/** Lays a cropped picture out as a view of `size` x `size`. */
export function arrange(
  cropped: Pixels,
  size: number,
  { canvas, turn, quarterTurn }: Arrangement,
  random: RandomStream,
): Pixels {
  const happens = (part: { probability: number } | undefined): part is NonNullable<typeof part> =>
    part !== undefined && random.uniform() < part.probability;
  let view: Pixels;
  if (canvas && happens(canvas)) {
    const [width, height] = [0, 0].map(() => Math.round(size / random.between(...canvas.shrink)));
    const at = { x: random.below(size - width! + 1), y: random.below(size - height! + 1) };
    view = placeOnCanvas(
      resize(cropped, width!, height!),
      at,
      { width: size, height: size },
      randomColour(random),
    );
  } else view = resize(cropped, size, size);
  if (happens(quarterTurn)) {
    for (let quarters = 1 + random.below(3); quarters > 0; quarters--) view = turnByQuarter(view);
  }
  if (turn && happens(turn)) {
    view = turned(view, random.between(-turn.degrees, turn.degrees), randomColour(random));
  }
  return view;
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

/** A square picture turned clockwise by 90 degrees. */
function turnByQuarter({ width: size, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 3;
      out.set(data.subarray(from, from + 3), (x * size + size - 1 - y) * 3);
    }
  }
  return { width: size, height: size, data: out };
}

/** A square picture turned about its centre, sampled bilinearly. */
function turned({ width: size, data }: Pixels, degrees: number, colour: Colour): Pixels {
  const out = new Uint8Array(data.length);
  const cos = Math.cos(degrees * Math.PI / 180), sin = Math.sin(degrees * Math.PI / 180);
  const centre = (size - 1) / 2;
  let to = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++, to += 3) {
      const fromX = centre + cos * (x - centre) + sin * (y - centre);
      const fromY = centre - sin * (x - centre) + cos * (y - centre);
      const left = Math.floor(fromX), top = Math.floor(fromY);
      if (left < 0 || top < 0 || left >= size - 1 || top >= size - 1) {
        out.set(colour, to);
        continue;
      }
      const right = fromX - left, below = fromY - top;
      const at = (top * size + left) * 3, next = at + size * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = data[at + channel]! + right * (data[at + 3 + channel]! - data[at + channel]!);
        const lower = data[next + channel]! + right * (data[next + 3 + channel]! - data[next + channel]!);
        out[to + channel] = upper + below * (lower - upper) + 0.5;
      }
    }
  }
  return { width: size, height: size, data: out };
}
