const ORIENTATION = 0x0112;
const SHORT = 3;
const PREFIX = "Exif\0\0";

/**
 * Reads the orientation, 1 to 8, from the main directory of EXIF, which is a TIFF structure; the prefix `Exif\0\0` that
 * JPEG has before it is found in other files too. A structure that is cut or broken, or has another type or number of values
 * there, counts as upright (1), as browsers do: it must not stop the decode. The thumbnail's own directory is not looked at.
 */
export function readOrientation(exif: Uint8Array): number {
  const prefixed = String.fromCharCode(...exif.subarray(0, PREFIX.length)) === PREFIX;
  const start = prefixed ? PREFIX.length : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start);
  try {
    const order = view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) return 1;
    const little = order === 0x4949;
    if (view.getUint16(2, little) !== 42) return 1;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let entry = directory + 2; entry < directory + 2 + 12 * entries; entry += 12) {
      if (view.getUint16(entry, little) !== ORIENTATION) continue;
      const value = view.getUint16(entry + 8, little);
      const one = view.getUint16(entry + 2, little) === SHORT && view.getUint32(entry + 4, little) === 1;
      return one && value >= 1 && value <= 8 ? value : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
