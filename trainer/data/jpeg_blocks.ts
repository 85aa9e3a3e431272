/** Luminance quantization at quality 50, row by row (ITU-T T.81, table K.1). */
const LUMINANCE = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
/** Chrominance, whose table (K.2) is flat from the fourth coefficient on. */
const CHROMINANCE = LUMINANCE.map((_, at) => {
  const [row, column] = [at >> 3, at & 7];
  const corner = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]];
  return corner[row]?.[column] ?? 99;
});

/** The orthonormal DCT-II of eight samples: [frequency, sample]. */
const DCT = Float32Array.from({ length: 64 }, (_, at) => {
  const [frequency, sample] = [at >> 3, at & 7];
  return (frequency === 0 ? Math.SQRT1_2 : 1) / 2 * Math.cos((2 * sample + 1) * frequency * Math.PI / 16);
});

/**
 * What JPEG loses, in place: blocks of 8 x 8 in YCbCr are quantized as libjpeg does at a quality (without subsampling
 * of colour), from the whole numbers that it starts from. Rows and columns beyond the last whole block stay as they are.
 *
 * @param pixels [size, size, 3] of the scale 0..255
 * @param quality 1..100
 */
export function compressAsJpeg(pixels: Float32Array, size: number, quality: number): void {
  // libjpeg's jpeg_quality_scaling
  const scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  const tables = [LUMINANCE, CHROMINANCE, CHROMINANCE]
    .map((table) => Float32Array.from(table, (step) => Math.min(255, Math.max(1, Math.round(step * scale)))));
  const planes = [new Float32Array(64), new Float32Array(64), new Float32Array(64)] as const;
  const [luma, blue, red] = planes;
  const half = new Float32Array(64);
  for (let top = 0; top + 8 <= size; top += 8) {
    for (let left = 0; left + 8 <= size; left += 8) {
      for (let i = 0; i < 64; i++) {
        const at = ((top + (i >> 3)) * size + left + (i & 7)) * 3;
        const r = Math.round(pixels[at]!), g = Math.round(pixels[at + 1]!), b = Math.round(pixels[at + 2]!);
        luma[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b) - 128;
        blue[i] = Math.round(-0.168736 * r - 0.331264 * g + 0.5 * b);
        red[i] = Math.round(0.5 * r - 0.418688 * g - 0.081312 * b);
      }
      planes.forEach((plane, index) => quantize(plane, tables[index]!, half));
      for (let i = 0; i < 64; i++) {
        const at = ((top + (i >> 3)) * size + left + (i & 7)) * 3;
        const y = luma[i]! + 128;
        pixels[at] = clamp(y + 1.402 * red[i]!);
        pixels[at + 1] = clamp(y - 0.344136 * blue[i]! - 0.714136 * red[i]!);
        pixels[at + 2] = clamp(y + 1.772 * blue[i]!);
      }
    }
  }
}

/** A block to frequencies, rounded to the table's steps, and back to whole numbers; `half` is room for 64 numbers. */
function quantize(block: Float32Array, table: Float32Array, half: Float32Array): void {
  transform(block, half, DCT, 8, 1);
  for (let i = 0; i < 64; i++) block[i] = Math.round(block[i]! / table[i]!) * table[i]!;
  transform(block, half, DCT, 1, 8);
  for (let i = 0; i < 64; i++) block[i] = clamp(Math.round(block[i]!) + 128) - 128; // as the decoder has them
}

/** M block M^T, where M[i, j] = matrix[i * down + j * across]: the DCT or, transposed, its inverse. */
function transform(
  block: Float32Array,
  half: Float32Array,
  matrix: Float32Array,
  down: number,
  across: number,
): void {
  for (let row = 0; row < 8; row++) {
    for (let to = 0; to < 8; to++) {
      let sum = 0;
      for (let j = 0; j < 8; j++) sum += matrix[to * down + j * across]! * block[row * 8 + j]!;
      half[row * 8 + to] = sum;
    }
  }
  for (let column = 0; column < 8; column++) {
    for (let to = 0; to < 8; to++) {
      let sum = 0;
      for (let j = 0; j < 8; j++) sum += matrix[to * down + j * across]! * half[j * 8 + column]!;
      block[to * 8 + column] = sum;
    }
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
