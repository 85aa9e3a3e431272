import type { Pixels } from "../../shared/image/pixels.ts";

export type Colour = [red: number, green: number, blue: number];

/** A picture turned about its centre by any angle, sampled bilinearly; corners that have no pixel get a colour. */
export function turnBy({ width, height, data }: Pixels, degrees: number, colour: Colour): Pixels {
  const out = new Uint8Array(data.length);
  const cos = Math.cos(degrees * Math.PI / 180), sin = Math.sin(degrees * Math.PI / 180);
  const centreX = (width - 1) / 2, centreY = (height - 1) / 2;
  const stride = width * 3;
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const fromX = centreX + cos * (x - centreX) + sin * (y - centreY);
      const fromY = centreY - sin * (x - centreX) + cos * (y - centreY);
      const left = Math.floor(fromX), top = Math.floor(fromY);
      if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
        out.set(colour, to);
        continue;
      }
      const right = fromX - left, below = fromY - top;
      const at = top * stride + left * 3, next = at + stride;
      for (let channel = 0; channel < 3; channel++) {
        const upper = data[at + channel]! + right * (data[at + 3 + channel]! - data[at + channel]!);
        const lower = data[next + channel]! + right * (data[next + 3 + channel]! - data[next + channel]!);
        out[to + channel] = upper + below * (lower - upper) + 0.5;
      }
    }
  }
  return { width, height, data: out };
}
