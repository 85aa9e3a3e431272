import { DamagedImageError } from "./errors.ts";

/** What the blocks of a GIF say up to its first picture. */
export interface GifHeader {
  /** Of the logical screen, grown where the picture lies beyond it, as browsers and Pillow do. */
  width: number;
  height: number;
  frame: {
    /** Where it lies on the screen. */
    x: number;
    y: number;
    width: number;
    height: number;
    /** Where its data end in the file. */
    end: number;
  };
  /** RGB of the screen around the picture. */
  around: [number, number, number];
}

const EXTENSION = 0x21, CONTROL = 0xf9, IMAGE = 0x2c;

/**
 * Walks the blocks of a GIF (GIF89a specification) to the end of its first picture. Around a picture with a transparent
 * colour the screen is white, around others it has colour 0 of the table, as Pillow shows it.
 *
 * @throws {DamagedImageError} if the file ends before that picture does, or has none
 */
export function readGifHeader(bytes: Uint8Array): GifHeader {
  if (bytes.length < 13) throw cut();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 13 + colourTable(bytes[10]!);
  let transparent = false;
  while (bytes[at] === EXTENSION) {
    if (bytes[at + 1] === CONTROL) transparent = ((bytes[at + 3] ?? 0) & 1) === 1;
    at = skipBlocks(bytes, at + 2);
  }
  if (at + 10 > bytes.length) throw cut();
  if (bytes[at] !== IMAGE) throw broken(`a block of kind ${bytes[at]}`);
  const [x, y, width, height] = [1, 3, 5, 7].map((place) => view.getUint16(at + place, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0) throw broken(`${width} x ${height}`);
  const tables = at + 10;
  const end = skipBlocks(bytes, tables + colourTable(bytes[at + 9]!) + 1);
  const table = colourTable(bytes[at + 9]!) > 0 ? tables : colourTable(bytes[10]!) > 0 ? 13 : undefined;
  const [r = 255, g = 255, b = 255] = transparent || table === undefined
    ? []
    : bytes.subarray(table, table + 3);
  return {
    width: Math.max(view.getUint16(6, true), x + width),
    height: Math.max(view.getUint16(8, true), y + height),
    frame: { x, y, width, height, end },
    around: [r, g, b],
  };
}

/** Bytes of the table of colours that follows. */
function colourTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where a run of blocks ends: each begins with its length, and one of length 0 is the last. */
function skipBlocks(bytes: Uint8Array, at: number): number {
  while (at < bytes.length) {
    const length = bytes[at]!;
    at += 1 + length;
    if (length === 0) return at;
  }
  throw cut();
}

function cut(): DamagedImageError {
  return new DamagedImageError("Cannot decode the GIF: a complete file is required: it is cut off");
}

function broken(received: string): DamagedImageError {
  return new DamagedImageError(
    `Cannot decode the GIF: a picture with a size is required: received ${received}`,
  );
}
