import type { Pixels } from "../../shared/image/pixels.ts";
import { resize } from "../../shared/image/resize.ts";

/** Pixels between two pictures, and around all. */
const GAP = 4;
/** Small pictures are shown in whole multiples, to at least this side. */
const LEAST_SIDE = 96;

/**
 * Lays pictures out in rows of square cells on white. What is of the cell's size is shown pixel by pixel; anything else is
 * fitted in, whole and in its proportions.
 *
 * @param size side in pixels of most pictures
 */
export function contactSheet(rows: Pixels[][], size: number): Pixels {
  const times = Math.ceil(LEAST_SIDE / size);
  const step = size * times + GAP;
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * step + GAP, height = rows.length * step + GAP;
  const sheet: Pixels = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  rows.forEach((row, y) =>
    row.forEach((picture, x) => {
      const side = size * times;
      const shown = picture.width === size && picture.height === size
        ? enlarge(picture, times)
        : contain(picture, side);
      const left = GAP + x * step + ((side - shown.width) >> 1);
      const top = GAP + y * step + ((side - shown.height) >> 1);
      paste(sheet, shown, left, top);
    })
  );
  return sheet;
}

/** The whole picture in its proportions; its longer side becomes `side` pixels. */
export function contain(picture: Pixels, side: number): Pixels {
  const scale = side / Math.max(picture.width, picture.height);
  const shrunk = (length: number) => Math.max(1, Math.round(length * scale));
  return resize(picture, shrunk(picture.width), shrunk(picture.height));
}

function enlarge({ width, height, data }: Pixels, times: number): Pixels {
  const larger = new Uint8Array(width * times * height * times * 3);
  let to = 0;
  for (let y = 0; y < height * times; y++) {
    for (let x = 0; x < width * times; x++) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * 3;
      for (let channel = 0; channel < 3; channel++) larger[to++] = data[from + channel]!;
    }
  }
  return { width: width * times, height: height * times, data: larger };
}

function paste(sheet: Pixels, picture: Pixels, left: number, top: number): void {
  const stride = picture.width * 3;
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * stride, (y + 1) * stride);
    sheet.data.set(row, ((top + y) * sheet.width + left) * 3);
  }
}
