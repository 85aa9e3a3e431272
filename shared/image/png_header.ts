import { DamagedImageError, UnsupportedImageError } from "./errors.ts";
import { readOrientation } from "./exif.ts";

/** What the chunks of a PNG say. */
export interface PngHeader {
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** The embedded colour profile, still compressed by zlib. */
  compressedProfile?: Uint8Array;
  /** Whether the end chunk is there. */
  ended: boolean;
  /** Where that lies which the pixels depend on, [from, to) each: the signature and some of the chunks. */
  picture: [from: number, to: number][];
}

const PALETTE = 3;
/** Kinds of colour of which a chunk may make some transparent: those without transparency of their own. */
const OPAQUE = [0, 2, PALETTE];

/**
 * Walks the chunks of a PNG (PNG specification, third edition, 5.3).
 *
 * @throws {UnsupportedImageError} for Apple's private dialect (CgBI)
 * @throws {DamagedImageError} if the file ends before its size, or the size is none
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = String.fromCharCode(...bytes.subarray(12, 16));
  if (first === "CgBI") {
    throw new UnsupportedImageError(
      "Cannot decode the PNG: the standard kind is required: received Apple's CgBI dialect of PNG",
    );
  }
  if (bytes.length < 33) {
    throw new DamagedImageError(
      "Cannot decode the PNG: a complete file is required: it is cut off in its header",
    );
  }
  const width = view.getUint32(16), height = view.getUint32(20);
  if (first !== "IHDR" || width === 0 || height === 0) {
    throw new DamagedImageError(
      `Cannot decode the PNG: a header with a size is required: received ${width} x ${height}`,
    );
  }
  const colour = bytes[25]!;
  const picture: [number, number][] = [[0, 33]];
  const header: PngHeader = { width, height, orientation: 1, ended: false, picture };
  for (const { name, data, from, to } of pngChunks(bytes)) {
    if (name === "eXIf") header.orientation = readOrientation(data);
    // A name, a zero, and the compression method (0: zlib) come before the profile.
    else if (name === "iCCP") header.compressedProfile = data.subarray(data.indexOf(0) + 2);
    else if (name === "IEND") header.ended = true;
    const last = picture.at(-1)!;
    if (needed(name, colour) && last[1] === from) last[1] = to;
    else if (needed(name, colour)) picture.push([from, to]);
  }
  return header;
}

/** A chunk of a PNG, and where it lies: [from, to). */
export interface PngChunk {
  name: string;
  data: Uint8Array;
  from: number;
  to: number;
}

/** A picture of 50 megapixels in the smallest chunks that encoders write has about 25,000. */
const MOST_CHUNKS = 100_000;

/**
 * The chunks after the header, as far as they are whole, up to the last.
 *
 * @throws {DamagedImageError} if there are more than 100,000, which would take room and time
 */
export function* pngChunks(bytes: Uint8Array): Generator<PngChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let from = 33; from + 12 <= bytes.length;) {
    if (++count > MOST_CHUNKS) {
      throw new DamagedImageError(`Cannot decode the PNG: at most ${MOST_CHUNKS} chunks are accepted`);
    }
    const name = String.fromCharCode(...bytes.subarray(from + 4, from + 8));
    const to = from + 12 + view.getUint32(from);
    if (to > bytes.length) return;
    yield { name, data: bytes.subarray(from + 8, to - 4), from, to };
    if (name === "IEND") return;
    from = to;
  }
}

/** Others are passed over, so that a decoder cannot fail on what is wrong with them, nor on what comes of an animation. */
function needed(name: string, colour: number): boolean {
  if (name === "PLTE") return colour === PALETTE;
  if (name === "tRNS") return OPAQUE.includes(colour);
  return name === "IDAT" || name === "IEND";
}
