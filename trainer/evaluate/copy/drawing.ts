import type { Pixels } from "../../../shared/image/pixels.ts";
import { randomColour } from "../../data/arrange.ts";
import type { RandomStream } from "../../data/random.ts";

/** Capital letters of five columns and seven rows. */
const LETTERS: Record<string, string[]> = {
  A: [".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"],
  E: ["#####", "#....", "#....", "####.", "#....", "#....", "#####"],
  I: ["#####", "..#..", "..#..", "..#..", "..#..", "..#..", "#####"],
  K: ["#...#", "#..#.", "#.#..", "##...", "#.#..", "#..#.", "#...#"],
  L: ["#....", "#....", "#....", "#....", "#....", "#....", "#####"],
  O: [".###.", "#...#", "#...#", "#...#", "#...#", "#...#", ".###."],
};
const TEXT = "LOOKALIKE";

/** A white bar across the picture, at the top or the bottom, with black text on it: 16 % of the height. */
export function drawCaption(picture: Pixels, random: RandomStream): Pixels {
  const { width, height } = picture;
  const data = picture.data.slice();
  const bar = Math.max(1, Math.round(0.16 * height));
  const top = random.uniform() < 0.5 ? 0 : height - bar;
  data.fill(255, top * width * 3, (top + bar) * width * 3);
  // One dot of a letter: seven of them, and one above and below, fill the bar, if the text is not too wide for that.
  const dot = Math.min(bar / 9, width / (6 * TEXT.length + 1));
  const left = (width - dot * (6 * TEXT.length - 1)) / 2;
  for (let y = 0; y < bar; y++) {
    const row = Math.floor((y - (bar - 7 * dot) / 2) / dot);
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x - left) / dot);
      const letter = LETTERS[TEXT[Math.floor(column / 6)] ?? ""];
      if (letter?.[row]?.[column % 6] === "#") {
        data.fill(0, ((top + y) * width + x) * 3, ((top + y) * width + x + 1) * 3);
      }
    }
  }
  return { width, height, data };
}

/** A ring around a disc in one of the corners: a quarter of the shorter side. */
export function drawLogo(picture: Pixels, random: RandomStream): Pixels {
  const { width, height } = picture;
  const data = picture.data.slice();
  const radius = Math.min(width, height) / 8;
  const margin = 1.4 * radius;
  const centreX = random.uniform() < 0.5 ? margin : width - 1 - margin;
  const centreY = random.uniform() < 0.5 ? margin : height - 1 - margin;
  const colours = [randomColour(random), randomColour(random)] as const;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const distance = Math.hypot(x - centreX, y - centreY);
      if (distance <= radius) data.set(colours[distance > 0.7 * radius ? 0 : 1], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}
