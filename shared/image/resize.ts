import { type Box, crop } from "./crop.ts";
import type { Pixels } from "./pixels.ts";

/** Weights of the input samples that make each output sample of one axis. */
interface Weights {
  /** The input samples that any output sample has: from `start` to before `end`. */
  start: number;
  end: number;
  /** First input sample of each output sample, counted from `start`. */
  first: Int32Array;
  /** How many input samples each output sample has. */
  count: Int32Array;
  /** [output, most]: fixed-point weights with `PRECISION` bits. */
  weights: Int32Array;
  most: number;
}

const PRECISION = 32 - 8 - 2; // Pillow's PRECISION_BITS: 8 bits of pixel and 2 of headroom in an int32
const HALF = 1 << (PRECISION - 1);

/**
 * Resizes with a triangle filter that widens as it shrinks (antialiased bilinear): to the bit what Pillow 13's
 * `Image.resize((width, height), BILINEAR)` gives, and so torchvision's `Resize` on Pillow images. Like there, what
 * lies between the two passes has 8 bits, and columns go first where the height shrinks by far the more.
 *
 * Source: the method of Pillow's `Resample.c`.
 *
 * @param options window: the part of the result that is made; all of it where left out. box: what of the picture the whole
 * result shows, in fractions of pixels too (Pillow's `box`); all of it where left out
 */
export function resize(
  pixels: Pixels,
  width: number,
  height: number,
  { window = { left: 0, top: 0, width, height }, box = { left: 0, top: 0, ...sizeOf(pixels) } }: {
    window?: Box;
    box?: Box;
  } = {},
): Pixels {
  const shrink = pixels.height - height;
  const columnsFirst = shrink > 0 && shrink > 2 * (pixels.width - width);
  const across = weigh(pixels.width, width, [window.left, window.width], [box.left, box.width]);
  const down = weigh(pixels.height, height, [window.top, window.height], [box.top, box.height]);
  const needed = crop(pixels, {
    ...{ left: across.start, width: across.end - across.start },
    ...{ top: down.start, height: down.end - down.start },
  });
  return columnsFirst
    ? resizeRows(resizeColumns(needed, down), across)
    : resizeColumns(resizeRows(needed, across), down);
}

function sizeOf({ width, height }: Pixels): { width: number; height: number } {
  return { width, height };
}

/** [height, input width, 3] -> [height, width, 3] */
function resizeRows(
  { data, width: inputWidth, height }: Pixels,
  { first, count, weights, most }: Weights,
): Pixels {
  const width = first.length;
  const out = new Uint8Array(height * width * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const row = y * inputWidth * 3;
    for (let x = 0; x < width; x++) {
      let from = row + first[x]! * 3;
      let r = HALF, g = HALF, b = HALF;
      const start = x * most;
      for (let w = start, end = start + count[x]!; w < end; w++, from += 3) {
        const weight = weights[w]!;
        r += data[from]! * weight;
        g += data[from + 1]! * weight;
        b += data[from + 2]! * weight;
      }
      out[to++] = r >> PRECISION;
      out[to++] = g >> PRECISION;
      out[to++] = b >> PRECISION;
    }
  }
  return { width, height, data: out };
}

/** [input height, width, 3] -> [height, width, 3] */
function resizeColumns({ data, width }: Pixels, { first, count, weights, most }: Weights): Pixels {
  const height = first.length;
  const stride = width * 3;
  const out = new Uint8Array(height * stride);
  const sums = new Int32Array(stride);
  let to = 0;
  for (let y = 0; y < height; y++) {
    sums.fill(HALF);
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * most + k]!;
      const row = (first[y]! + k) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += data[row + x]! * weight;
    }
    for (let x = 0; x < stride; x++) out[to++] = sums[x]! >> PRECISION;
  }
  return { width, height, data: out };
}

/** The weights of `length` of the `output` samples that `input` samples become, from the given one on. */
/** Of one axis: `length` output samples from `from` on, where all of them show `extent` input samples from `origin` on. */
function weigh(
  input: number,
  output: number,
  [from, length]: [number, number],
  [origin, extent]: [number, number],
): Weights {
  const scale = extent / output;
  const support = Math.max(scale, 1); // the triangle's half width, in input samples
  const most = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * most);
  const shares = new Float64Array(most);
  for (let place = 0; place < length; place++) {
    const centre = origin + (from + place + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const samples = Math.min(input, Math.trunc(centre + support + 0.5)) - begin;
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) {
      const distance = Math.abs((sample + begin - centre + 0.5) * (1 / support));
      sum += shares[sample] = distance < 1 ? 1 - distance : 0;
    }
    for (let sample = 0; sample < samples; sample++) {
      weights[place * most + sample] = Math.trunc(0.5 + (shares[sample]! / sum) * (1 << PRECISION));
    }
    first[place] = begin;
    count[place] = samples;
  }
  const start = first[0]!;
  const end = first.at(-1)! + count.at(-1)!;
  for (let place = 0; place < length; place++) first[place]! -= start;
  return { start, end, first, count, weights, most };
}
