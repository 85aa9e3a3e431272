import type { Pixels } from "../../../shared/image/pixels.ts";

export const images = new URL("../../../fixtures/images/", import.meta.url);

export interface ExpectedImage {
  width: number;
  height: number;
  /** Mean RGB of the top left, top right, bottom left and bottom right quarters. */
  quarters: number[][];
  tolerance: number;
}

/** What Pillow says of the pictures in `fixtures/images`. */
export interface Goldens {
  decode: Record<string, ExpectedImage>;
  resize: { width: number; height: number; sha256: string }[];
  /** The top left `width` x `height` of base.png, resized and cut to its middle. */
  crop: { width: number; height: number; shorterSide: number; size: number; sha256: string }[];
  preprocess: {
    size: number;
    mean: [number, number, number];
    std: [number, number, number];
    values: Record<string, number>;
  };
}

export async function readGoldens(): Promise<Goldens> {
  return JSON.parse(await Deno.readTextFile(new URL("expected.json", images)));
}

export function readImage(name: string): Promise<Uint8Array> {
  return Deno.readFile(new URL(name, images));
}

/** Mean RGB of the four quarters, split at half the height and width, rounded down. */
export function quarters({ width, height, data }: Pixels): number[][] {
  const [x, y] = [width >> 1, height >> 1];
  const boxes = [[0, 0, x, y], [x, 0, width, y], [0, y, x, height], [x, y, width, height]] as const;
  return boxes.map((box) => meanOf({ width, height, data }, box));
}

/** Mean RGB of the picture. */
export function mean(pixels: Pixels): number[] {
  return meanOf(pixels, [0, 0, pixels.width, pixels.height]);
}

function meanOf({ width, data }: Pixels, box: readonly [number, number, number, number]): number[] {
  const [left, top, right, bottom] = box;
  const sums = [0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let at = (row * width + left) * 3; at < (row * width + right) * 3; at++) {
      sums[at % 3]! += data[at]!;
    }
  }
  return sums.map((sum) => sum / ((right - left) * (bottom - top)));
}

/** Largest difference between two lists of colours. */
export function farthest(a: number[][], b: number[][]): number {
  return Math.max(...a.flatMap((colour, i) => colour.map((value, j) => Math.abs(value - b[i]![j]!))));
}
