import { type Box, crop } from "../../shared/image/crop.ts";
import type { Pixels } from "../../shared/image/pixels.ts";
import { arrange } from "./arrange.ts";
import type { RandomStream } from "./random.ts";
import type { ViewRecipe } from "./recipe.ts";

/** Least and most width to height of a crop (torchvision's default). */
const RATIO = [3 / 4, 4 / 3] as const;

/**
 * Draws a crop as torchvision's `RandomResizedCrop.get_params` does: a share of the area, and a log-uniform aspect; after
 * ten that do not fit, the largest centred crop of an allowed aspect.
 */
export function randomCrop(
  width: number,
  height: number,
  scale: ViewRecipe["cropScale"],
  random: RandomStream,
): Box {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * random.between(...scale);
    const ratio = Math.exp(random.between(Math.log(RATIO[0]), Math.log(RATIO[1])));
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    return { top: random.below(height - h + 1), left: random.below(width - w + 1), width: w, height: h };
  }
  const w = Math.min(width, Math.round(height * RATIO[1]));
  const h = Math.min(height, Math.round(width / RATIO[0]));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

/**
 * The geometric part of one view: a random crop resized to `size` x `size` and laid out, mirrored half of the time. Mirroring
 * commutes with everything photometric, so its place in a recipe does not matter.
 *
 * @param other what the whole picture is to lie beside, in a collage
 * @returns [size, size, 3], uint8
 */
export function cropView(
  pixels: Pixels,
  size: number,
  { cropScale, whole = 0, ...arrangement }: Omit<ViewRecipe, "photometric" | "collage">,
  random: RandomStream,
  other?: Pixels,
): Uint8Array {
  const cropped = other || whole > 0 && random.uniform() < whole
    ? pixels
    : crop(pixels, randomCrop(pixels.width, pixels.height, cropScale, random));
  const view = arrange(cropped, size, arrangement, random, other);
  if (random.uniform() < 0.5) mirror(view);
  return view.data;
}

/** Mirrors a picture left to right, in place. */
function mirror({ width, height, data }: Pixels): void {
  for (let row = 0; row < height; row++) {
    let left = row * width * 3, right = left + (width - 1) * 3;
    for (; left < right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const value = data[left + channel]!;
        data[left + channel] = data[right + channel]!;
        data[right + channel] = value;
      }
    }
  }
}
