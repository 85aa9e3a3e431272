// The numbers of torchvision's functional transforms, on interleaved RGB of the scale 0..255 in float32.

/** ITU-R 601-2 luma, as Pillow weighs the channels, and so the official code; torchvision's tensors take 0.2989. */
const LUMA_R = 0.299;
const LUMA_G = 0.587;
const LUMA_B = 0.114;

/** Mean luma of a picture: what contrast blends with. */
export function greyMean(pixels: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) {
    sum += LUMA_R * (pixels[i] as number) + LUMA_G * (pixels[i + 1] as number) +
      LUMA_B * (pixels[i + 2] as number);
  }
  return sum / (pixels.length / 3);
}

/**
 * pixel = clamp(own * pixel + grey * luma(pixel) + shift), in place. Brightness f is (f, 0, 0), contrast
 * (f, 0, (1 - f) * greyMean), saturation (f, 1 - f, 0), and a grey picture (0, 1, 0).
 */
export function blendWithGrey(pixels: Float32Array, own: number, grey: number, shift: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const r = pixels[i] as number, g = pixels[i + 1] as number, b = pixels[i + 2] as number;
    const rest = grey * (LUMA_R * r + LUMA_G * g + LUMA_B * b) + shift;
    pixels[i] = clamp(own * r + rest);
    pixels[i + 1] = clamp(own * g + rest);
    pixels[i + 2] = clamp(own * b + rest);
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Turns the hue of HSV by `turn` (a share of the circle, -0.5..0.5), in place. */
export function turnHue(pixels: Float32Array, turn: number): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const r = pixels[i] as number, g = pixels[i + 1] as number, b = pixels[i + 2] as number;
    const value = r > g ? (r > b ? r : b) : g > b ? g : b;
    const chroma = value - (r < g ? (r < b ? r : b) : g < b ? g : b);
    if (chroma === 0) continue;
    // Sixths of the circle, red at 0.
    const sixths = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    const hue = sixths + 6 * turn;
    pixels[i] = channel(5 + hue, value, chroma);
    pixels[i + 1] = channel(3 + hue, value, chroma);
    pixels[i + 2] = channel(1 + hue, value, chroma);
  }
}

/** One channel of an HSV colour: the trapezoid over the circle that is shifted by two sixths per channel. */
function channel(position: number, value: number, chroma: number): number {
  // Modulo 6 of a position in -3..13, without the division.
  const k = position < 0
    ? position + 6
    : position < 6
    ? position
    : position < 12
    ? position - 6
    : position - 12;
  const rise = k < 2 ? k : 4 - k;
  return value - chroma * (rise < 0 ? 0 : rise > 1 ? 1 : rise);
}
