import type { Pixels } from "./pixels.ts";
import { kernelMemory } from "./resize.ts";
import { average } from "./resize_kernel.wasm";

/** All weights of a mean, together. */
const WHOLE = 128;
/** What the kernel reads and writes past the end of a row, at most. */
const BEYOND = 32;

/**
 * Averages rows to fewer: each of the result is the mean of an equal part of the height, to fractions of a
 * row, as far as weights of 128ths can say it.
 */
export function averageRows({ data, width, height }: Pixels, rows: number): Pixels {
  const stride = width * 3;
  const part = height / rows;
  const most = Math.ceil(part) + 1;
  const input = Math.ceil(2 * most / 16) * 16;
  const output = input + most * stride + BEYOND;
  const bytes = kernelMemory(output + stride + BEYOND);
  const weights = new Int16Array(bytes.buffer, 0, most);
  const out = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const begin = Math.floor(row * part);
    const end = Math.min(height, Math.ceil((row + 1) * part));
    /** What of the part lies above a row, in weights. */
    const above = (y: number) => Math.round(WHOLE * Math.min(1, Math.max(0, y / part - row)));
    for (let y = begin; y < end; y++) weights[y - begin] = above(y + 1) - above(y);
    bytes.set(data.subarray(begin * stride, end * stride), input);
    average(input, stride, 0, end - begin, output);
    out.set(bytes.subarray(output, output + stride), row * stride);
  }
  return { width, height: rows, data: out };
}
