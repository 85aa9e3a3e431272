import { blur } from "./blur.ts";
import { blendWithGrey, greyMean, turnHue } from "./colour.ts";

/** A source of numbers that are uniform in [0, 1). */
export type Uniform = () => number;

/** How strongly, and how often, a view's colours and sharpness change. */
export interface PhotometricRecipe {
  /** Each factor is drawn from 1 - strength to 1 + strength; hue from -strength to strength of the circle. */
  jitter: { brightness: number; contrast: number; saturation: number; hue: number; probability: number };
  greyProbability: number;
  /** Standard deviation in pixels, drawn between the two. */
  blur: { sigma: [number, number]; probability: number };
}

/** MoCo v2's recipe (official code, main_moco.py). */
export const MOCO_V2_PHOTOMETRIC: PhotometricRecipe = {
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
  greyProbability: 0.2,
  blur: { sigma: [0.1, 2], probability: 0.5 },
};

/**
 * Changes a view's colours and sharpness in place, at random: jitter in random order, grey, blur, each as
 * torchvision defines it.
 *
 * It runs in the decode workers: on two cores it took about 1 ms a view of 128 pixels there, and 4 ms of both cores
 * as TensorFlow operations on whole batches.
 *
 * @param view [size, size, 3], 8-bit RGB
 */
export function changePhotometry(
  view: Uint8Array,
  size: number,
  recipe: PhotometricRecipe,
  uniform: Uniform,
): void {
  const { jitter, greyProbability } = recipe;
  const pixels = new Float32Array(view);
  if (uniform() < jitter.probability) {
    const factor = (strength: number) => Math.max(0, 1 - strength) + 2 * Math.min(1, strength) * uniform();
    const brightness = factor(jitter.brightness);
    const contrast = factor(jitter.contrast);
    const saturation = factor(jitter.saturation);
    const hue = jitter.hue * (2 * uniform() - 1);
    const changes = [
      () => blendWithGrey(pixels, brightness, 0, 0),
      () => blendWithGrey(pixels, contrast, 0, (1 - contrast) * greyMean(pixels)),
      () => blendWithGrey(pixels, saturation, 1 - saturation, 0),
      () => turnHue(pixels, hue),
    ];
    for (const change of shuffled(changes, uniform)) change();
  }
  if (uniform() < greyProbability) blendWithGrey(pixels, 0, 1, 0);
  if (uniform() < recipe.blur.probability) {
    const [least, most] = recipe.blur.sigma;
    blur(pixels, size, least + (most - least) * uniform());
  }
  for (let i = 0; i < view.length; i++) view[i] = (pixels[i] as number) + 0.5;
}

/** Fisher and Yates's shuffle, in place. */
function shuffled<T>(items: T[], uniform: Uniform): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
