/** A decoded picture: upright, sRGB, 8 bits, transparency laid on white. */
export interface Pixels {
  width: number;
  height: number;
  /** [height, width, 3], interleaved RGB. */
  data: Uint8Array;
}
