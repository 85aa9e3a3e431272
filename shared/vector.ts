import { decodeBase64, encodeBase64 } from "@std/encoding/base64";

/**
 * Dot product of two vectors of equal length, summed in float64; for vectors of unit length it is their cosine.
 *
 * @throws {RangeError} if the lengths differ
 */
export function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new RangeError(
      `Cannot compare vectors: both must have one length: received ${a.length} and ${b.length}`,
    );
  }
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Cosine of the angle between two vectors of any length but zero: -1..1, NaN if one is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/**
 * The first `dimensions` values, scaled to unit length again; the vector itself if it has no more. Values that are all
 * zeros have no direction, and stay zeros.
 */
export function shorten(vector: Float32Array, dimensions: number): Float32Array {
  if (dimensions >= vector.length) return vector;
  const head = vector.slice(0, dimensions);
  const length = Math.sqrt(dot(head, head));
  return length === 0 ? head : head.map((value) => value / length);
}

/** The vector's float32 values, little-endian whatever the machine: 4 bytes each. */
export function vectorToBytes(vector: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  vector.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return bytes;
}

/**
 * The inverse of {@linkcode vectorToBytes}.
 *
 * @throws {RangeError} if the number of bytes is not a multiple of 4
 */
export function vectorFromBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(`Cannot read a vector: its bytes must come in fours: received ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const vector = new Float32Array(bytes.length / 4);
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(i * 4, true);
  return vector;
}

/** Base64 of the little-endian float32 values, as OpenAI's `encoding_format: "base64"`. */
export function vectorToBase64(vector: Float32Array): string {
  return encodeBase64(vectorToBytes(vector));
}

/** The inverse of {@linkcode vectorToBase64}. */
export function vectorFromBase64(text: string): Float32Array {
  return vectorFromBytes(decodeBase64(text));
}

/**
 * The vector as numbers for JSON: nine significant digits tell all float32 values apart, and take half the space of
 * the seventeen that JavaScript would write. `Float32Array.from` gives the same vector back.
 */
export function vectorToNumbers(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(9)));
}
