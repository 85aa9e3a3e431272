import { vectorToBytes } from "../../../shared/vector.ts";

/**
 * A NumPy file (format version 1.0) of little-endian float32 vectors, [count, dimensions], in parts.
 *
 * Source: `numpy.lib.format`.
 */
export function* npy(vectors: Float32Array[], dimensions: number): Generator<Uint8Array> {
  const shape = `(${vectors.length}, ${dimensions})`;
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  // The data begin at a multiple of 64, after magic, version, length and a line end.
  const text = description.padEnd(Math.ceil((description.length + 11) / 64) * 64 - 11) + "\n";
  const header = new Uint8Array(10 + text.length);
  header.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length & 0xff, text.length >> 8]);
  header.set(new TextEncoder().encode(text), 10);
  yield header;
  for (const vector of vectors) yield vectorToBytes(vector);
}
