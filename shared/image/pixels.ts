/** A decoded picture: upright, sRGB, 8 bits, transparency laid on white. */
export interface Pixels {
  width: number;
  height: number;
  /** [height, width, 3], interleaved RGB. */
  data: Uint8Array;
}

/** A canvas of one colour (white unless told) with the picture at x, y; it lies inside. */
export function placeOnCanvas(
  picture: Pixels,
  { x, y }: { x: number; y: number },
  { width, height }: { width: number; height: number },
  colour: [number, number, number] = [255, 255, 255],
): Pixels {
  if (x === 0 && y === 0 && picture.width === width && picture.height === height) return picture;
  const data = new Uint8Array(width * height * 3);
  data.set(colour);
  for (let filled = 3; filled < data.length; filled *= 2) data.copyWithin(filled, 0, filled);
  for (let row = 0; row < picture.height; row++) {
    const from = row * picture.width * 3;
    data.set(picture.data.subarray(from, from + picture.width * 3), ((y + row) * width + x) * 3);
  }
  return { width, height, data };
}
