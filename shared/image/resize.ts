import { type Box, crop } from "./crop.ts";
import type { Pixels } from "./pixels.ts";
import { columns, memory, rows } from "./resize_kernel.wasm";

/** Weights of the input samples that make each output sample of one axis. */
interface Weights {
  /** The input samples that any output sample has: from `start` to before `end`. */
  start: number;
  end: number;
  /** First input sample of each output sample, counted from `start`. */
  first: Int32Array;
  /** How many input samples each output sample has. */
  count: Int32Array;
  /** The kernel's: an entry for each output sample, and where that begins. */
  table: Uint8Array;
  entry: Int32Array;
}

/** How the kernel walks an axis: from one sample to the next, and how many pairs of them it takes at once. */
interface Walk {
  step: number;
  pairs: number;
}

const ACROSS: Walk = { step: 3, pairs: 2 };
const DOWN: Walk = { step: 0, pairs: 1 }; // it is handed the rows from the first one on

const PRECISION = 32 - 8 - 2; // Pillow's PRECISION_BITS: 8 bits of pixel and 2 of headroom in an int32
const LOW_BITS = 12;

/** What of a picture is in the kernel's memory at a time, unless one sample needs more. */
const STRIP_BYTES = 128 * 1024;
/** What the kernel reads and writes past the end of a row, at most. */
const BEYOND = 16;
const PAGE = 65_536;

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
  const across = weigh(pixels.width, width, [window.left, window.width], [box.left, box.width], ACROSS);
  const down = weigh(pixels.height, height, [window.top, window.height], [box.top, box.height], DOWN);
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
function resizeRows({ data, width: inputWidth, height }: Pixels, { first, table }: Weights): Pixels {
  const width = first.length;
  const [from, to] = [inputWidth * 3, width * 3];
  const most = Math.max(1, Math.floor(STRIP_BYTES / from));
  const [input, output] = [table.length, table.length + most * from + BEYOND];
  const bytes = kernelMemory(output + most * to + BEYOND);
  bytes.set(table);
  const out = new Uint8Array(height * to);
  for (let y = 0; y < height; y += most) {
    bytes.set(data.subarray(y * from, (y + most) * from), input);
    const count = Math.min(most, height - y);
    for (let row = 0; row < count; row++) rows(input + row * from, 0, output + row * to, width);
    out.set(bytes.subarray(output, output + count * to), y * to);
  }
  return { width, height, data: out };
}

/** [input height, width, 3] -> [height, width, 3] */
function resizeColumns({ data, width }: Pixels, { first, count, table, entry }: Weights): Pixels {
  const height = first.length;
  const stride = width * 3;
  // The kernel takes rows by twos, the last of which may be one that counts for nothing.
  const room = (count.reduce((most, each) => Math.max(most, each), 0) + 1) * stride + BEYOND;
  const [input, output] = [table.length, table.length + room];
  const bytes = kernelMemory(output + stride + BEYOND);
  bytes.set(table);
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    bytes.set(data.subarray(first[y]! * stride, (first[y]! + count[y]!) * stride), input);
    columns(input, stride, entry[y]!, output);
    out.set(bytes.subarray(output, output + stride), y * stride);
  }
  return { width, height, data: out };
}

/** The kernel's memory, of at least that many bytes. Nothing in it lasts. */
export function kernelMemory(bytes: number): Uint8Array {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  return new Uint8Array(memory.buffer);
}

/** Of one axis: `length` output samples from `from` on, where all of them show `extent` input samples from `origin` on. */
function weigh(
  input: number,
  output: number,
  [from, length]: [number, number],
  [origin, extent]: [number, number],
  walk: Walk,
): Weights {
  const scale = extent / output;
  const support = Math.max(scale, 1); // the triangle's half width, in input samples
  return makeWeights(length, Math.ceil(support) * 2 + 1, walk, (index, shares) => {
    const centre = origin + (from + index + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const samples = Math.min(input, Math.trunc(centre + support + 0.5)) - begin;
    for (let sample = 0; sample < samples; sample++) {
      const distance = Math.abs((sample + begin - centre + 0.5) * (1 / support));
      shares[sample] = distance < 1 ? 1 - distance : 0;
    }
    return { begin, samples };
  });
}

/**
 * @param most input samples that an output sample has
 * @param share writes what share each input sample has in an output sample, and tells which they are
 */
function makeWeights(
  length: number,
  most: number,
  { step, pairs }: Walk,
  share: (index: number, shares: Float64Array) => { begin: number; samples: number },
): Weights {
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const entry = new Int32Array(length);
  const groupBytes = pairs * 8;
  const table = new ArrayBuffer(length * (8 + Math.ceil(most / 2 / pairs) * groupBytes));
  const [heads, weights] = [new Int32Array(table), new Int16Array(table)];
  const shares = new Float64Array(most);
  let start = 0, end = 0;
  for (let index = 0, at = 0; index < length; index++) {
    const { begin, samples } = share(index, shares);
    if (index === 0) start = begin;
    const groups = Math.ceil(samples / 2 / pairs);
    heads[at / 4] = (begin - start) * step;
    heads[at / 4 + 1] = groups;
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) sum += shares[sample]!;
    for (let sample = 0; sample < samples; sample++) {
      const weight = Math.trunc(0.5 + (shares[sample]! / sum) * (1 << PRECISION));
      const high = at / 2 + 4 + (sample >> 1) * 4 + (sample & 1);
      weights[high] = weight >> LOW_BITS;
      weights[high + 2] = weight & ((1 << LOW_BITS) - 1);
    }
    first[index] = begin - start;
    count[index] = samples;
    entry[index] = at;
    end = begin + samples;
    at += 8 + groups * groupBytes;
  }
  return { start, end, first, count, entry, table: new Uint8Array(table) };
}
