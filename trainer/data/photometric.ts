import { blur } from "./blur.ts";
import { blendWithGrey, greyMean, turnHue } from "./colour.ts";
import { compressAsJpeg } from "./jpeg_blocks.ts";
import { overlay } from "./overlay.ts";
import type { PhotometricStep } from "./recipe.ts";

/** A source of numbers that are uniform in [0, 1). */
export type Uniform = () => number;

/**
 * Changes a view's colours and sharpness in place, at random, each as torchvision defines it; values have 8 bits at the
 * end only, where the official code (on Pillow images) rounds after every step.
 *
 * It runs in the decode workers: on two cores it took about 1 ms a view of 128 pixels there, and 4 ms of both cores
 * as TensorFlow operations on whole batches.
 *
 * @param view [size, size, 3], 8-bit RGB
 */
export function changePhotometry(
  view: Uint8Array,
  size: number,
  steps: readonly PhotometricStep[],
  uniform: Uniform,
): void {
  const pixels = new Float32Array(view.length);
  for (let i = 0; i < view.length; i++) pixels[i] = view[i] as number; // thrice as fast as new Float32Array(view)
  for (const step of steps) {
    if (uniform() >= step.probability) continue;
    if (step.kind === "jitter") jitter(pixels, step, uniform);
    else if (step.kind === "grey") blendWithGrey(pixels, 0, 1, 0);
    else if (step.kind === "overlay") overlay(pixels, size, uniform);
    else if (step.kind === "blur") blur(pixels, { width: size, height: size }, between(step.sigma, uniform));
    else compressAsJpeg(pixels, size, between(step.quality, uniform));
  }
  for (let i = 0; i < view.length; i++) view[i] = (pixels[i] as number) + 0.5;
}

function between([least, most]: [number, number], uniform: Uniform): number {
  return least + (most - least) * uniform();
}

/** Brightness, contrast, saturation and hue by random factors in random order, as torchvision's `ColorJitter`. */
function jitter(
  pixels: Float32Array,
  strengths: PhotometricStep & { kind: "jitter" },
  uniform: Uniform,
): void {
  const factor = (strength: number) => {
    const least = Math.max(0, 1 - strength);
    return least + (1 + strength - least) * uniform();
  };
  const brightness = factor(strengths.brightness);
  const contrast = factor(strengths.contrast);
  const saturation = factor(strengths.saturation);
  const hue = strengths.hue * (2 * uniform() - 1);
  const changes = [
    () => blendWithGrey(pixels, brightness, 0, 0),
    () => blendWithGrey(pixels, contrast, 0, (1 - contrast) * greyMean(pixels)),
    () => blendWithGrey(pixels, saturation, 1 - saturation, 0),
    () => turnHue(pixels, hue),
  ];
  for (const change of shuffled(changes, uniform)) change();
}

/** Fisher and Yates's shuffle, in place. */
function shuffled<T>(items: T[], uniform: Uniform): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
