import type { JpegHeader } from "./jpeg_header.ts";

/** Makes the decoder take the tables of ITU-T T.81, annex K.3, as films of single JPEGs (AVI) leave them out. */
const AVI = [0xff, 0xe0, 0, 16, 0x41, 0x56, 0x49, 0x31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/**
 * The file with what libjpeg concludes where a JPEG says nothing of it, stated in the segments that the decoder reads: which
 * colours its components are, and the common Huffman tables where it has none.
 */
export function stateImplied(bytes: Uint8Array, header: JpegHeader): Uint8Array {
  const stated = stateColours(bytes, header);
  return header.huffmanTables ? stated : withSegment(stated, AVI);
}

/**
 * The decoder goes by Adobe's segment alone. By jdapimin.c, default_decompress_parms, three components are RGB when Adobe or
 * their ids say so and JFIF does not; four are YCCK when Adobe says anything but CMYK.
 */
function stateColours(bytes: Uint8Array, { components, jfif, adobe }: JpegHeader): Uint8Array {
  if (components.length === 1) return bytes;
  const plain = components.length === 4
    ? !adobe || adobe.transform === 0
    : !jfif && (adobe ? adobe.transform === 0 : String.fromCharCode(...components) === "RGB");
  const transform = plain ? 0 : components.length === 4 ? 2 : 1;
  if (adobe?.transform === transform || (!adobe && transform === 1)) return bytes;
  if (adobe) {
    const stated = bytes.slice();
    stated[adobe.at] = transform;
    return stated;
  }
  return withSegment(bytes, [
    ...[0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0],
    transform,
  ]);
}

/** The file with one segment more, its first. */
function withSegment(bytes: Uint8Array, segment: number[]): Uint8Array {
  const longer = new Uint8Array(bytes.length + segment.length);
  longer.set(bytes.subarray(0, 2));
  longer.set(segment, 2);
  longer.set(bytes.subarray(2), 2 + segment.length);
  return longer;
}
