import type { Uniform } from "./photometric.ts";

/** Most bits that a drawn letter has: three columns of five. */
const LETTER_BITS = 15;

/**
 * Lays something over a view, in place, as people do: lines of text, a bar with text, or a plain logo. Letters are random
 * dots of three by five, which nobody reads but which cover pixels as text does.
 *
 * @param pixels [size, size, 3] of the scale 0..255
 */
export function overlay(pixels: Float32Array, size: number, uniform: Uniform): void {
  const between = (from: number, to: number) => from + (to - from) * uniform();
  const colour = () =>
    uniform() < 0.5 ? grey(uniform() < 0.5 ? 0 : 255) : [0, 0, 0].map(() => 255 * uniform());
  const kind = uniform();
  if (kind < 0.35) {
    logo(pixels, size, colour(), { width: between(0.1, 0.35), height: between(0.1, 0.35) }, uniform);
    return;
  }
  const dot = Math.max(1, Math.round(size * between(0.008, 0.03)));
  const lines = 1 + Math.floor(2 * uniform());
  const height = (lines * 7 + 3) * dot;
  const top = Math.round(uniform() < 0.7 ? (uniform() < 0.5 ? 0 : size - height) : between(0, size - height));
  if (kind < 0.7) fill(pixels, size, { left: 0, top, width: size, height }, colour());
  const ink = colour();
  for (let line = 0; line < lines; line++) {
    const start = Math.round(between(0, size / 3)), end = Math.round(between(start, size));
    for (let left = start; left + 3 * dot <= end; left += 4 * dot) {
      letter(pixels, size, { left, top: top + (2 + 7 * line) * dot, dot }, ink, uniform);
    }
  }
}

function grey(level: number): number[] {
  return [level, level, level];
}

/** A letter; about one in six is a space. */
function letter(
  pixels: Float32Array,
  size: number,
  { left, top, dot }: { left: number; top: number; dot: number },
  ink: number[],
  uniform: Uniform,
): void {
  if (uniform() < 0.17) return;
  const bits = Math.floor(uniform() * 2 ** LETTER_BITS);
  for (let bit = 0; bit < LETTER_BITS; bit++) {
    if (!(bits >> bit & 1)) continue;
    const box = { left: left + bit % 3 * dot, top: top + Math.floor(bit / 3) * dot, width: dot, height: dot };
    fill(pixels, size, box, ink);
  }
}

/** A rectangle or an ellipse of one colour, somewhere; `width` and `height` are shares of the view's side. */
function logo(
  pixels: Float32Array,
  size: number,
  ink: number[],
  { width, height }: { width: number; height: number },
  uniform: Uniform,
): void {
  const round = uniform() < 0.5;
  const [w, h] = [Math.round(width * size), Math.round(height * size)];
  const left = Math.floor(uniform() * (size - w + 1)), top = Math.floor(uniform() * (size - h + 1));
  for (let y = 0; y < h; y++) {
    const reach = round ? Math.sqrt(1 - (2 * (y + 0.5) / h - 1) ** 2) : 1;
    const row = Math.round(reach * w);
    fill(pixels, size, { left: left + ((w - row) >> 1), top: top + y, width: row, height: 1 }, ink);
  }
}

/** Fills a rectangle, as far as it lies inside. */
function fill(
  pixels: Float32Array,
  size: number,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
  colour: number[],
): void {
  for (let y = Math.max(0, top); y < Math.min(size, top + height); y++) {
    for (let x = Math.max(0, left); x < Math.min(size, left + width); x++) {
      for (let channel = 0; channel < 3; channel++) pixels[(y * size + x) * 3 + channel] = colour[channel]!;
    }
  }
}
