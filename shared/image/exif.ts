const ORIENTATION = 0x0112;
const SHORT = 3;

/**
 * Reads the orientation, 1 to 8, from the main directory of a TIFF structure: the contents of EXIF without its
 * `Exif\0\0` prefix. A structure that is cut or broken counts as upright (1), as browsers do: it must not stop
 * the decode. The thumbnail's own directory is not looked at.
 */
export function readOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const order = view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) return 1;
    const little = order === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let entry = directory + 2; entry < directory + 2 + 12 * entries; entry += 12) {
      if (view.getUint16(entry, little) !== ORIENTATION) continue;
      const value = view.getUint16(entry + 8, little);
      const valid = view.getUint16(entry + 2, little) === SHORT && value >= 1 && value <= 8;
      return valid ? value : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return 1;
}
