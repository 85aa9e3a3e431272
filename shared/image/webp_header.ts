import { DamagedImageError } from "./errors.ts";
import { readOrientation } from "./exif.ts";

/** What the chunks of a WebP say. */
export interface WebpHeader {
  /** Of the canvas. */
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** The embedded colour profile. */
  profile?: Uint8Array;
  /** The only picture, or the first of an animation. */
  frame: WebpFrame;
}

export interface WebpFrame {
  /** Where it lies on the canvas. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** The contents of its chunk, `VP8 ` (lossy) or `VP8L` (lossless), and of its `ALPH` chunk. */
  picture: { name: string; data: Uint8Array };
  alpha?: Uint8Array;
}

interface Chunk {
  name: string;
  data: Uint8Array;
  cut: boolean;
}

const ANIMATED = 0x02;

/**
 * Walks the chunks of a WebP (RFC 9649, 2.7) up to and into its first picture.
 *
 * @throws {DamagedImageError} if the file ends before that picture does, or its sizes contradict each other
 */
export function readWebpHeader(bytes: Uint8Array): WebpHeader {
  const chunks = firstOfEach(bytes.subarray(12));
  const find = (name: string) => chunks.get(name)?.data;
  const extended = find("VP8X");
  if (extended && extended.length < 10) throw cut();
  const animated = extended !== undefined && (extended[0]! & ANIMATED) !== 0;
  const frame = animated ? readAnimationFrame(find("ANMF")) : { x: 0, y: 0, ...readFrame(chunks) };
  const [width, height] = extended
    ? [uint24(extended, 4) + 1, uint24(extended, 7) + 1]
    : [frame.width, frame.height];
  const fits = animated
    ? frame.x + frame.width <= width && frame.y + frame.height <= height
    : frame.width === width && frame.height === height;
  if (!fits) {
    throw new DamagedImageError(
      `Cannot decode the WebP: a picture that fits its canvas of ${width} x ${height} is required: received ${frame.width} x ${frame.height}`,
    );
  }
  const exif = find("EXIF");
  const profile = find("ICCP");
  return {
    width,
    height,
    frame,
    orientation: exif ? readOrientation(exif) : 1,
    ...(profile ? { profile } : {}),
  };
}

/** Chunks whose contents count. */
const NAMES = ["VP8X", "ANMF", "VP8 ", "VP8L", "ALPH", "ICCP", "EXIF"];

/** The first chunk of each name. */
function firstOfEach(bytes: Uint8Array): Map<string, Chunk> {
  const chunks = new Map<string, Chunk>();
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = uint24(bytes, at + 4) + bytes[at + 7]! * 2 ** 24;
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const end = at + 8 + size;
    if (NAMES.includes(name) && !chunks.has(name)) {
      chunks.set(name, { name, data: bytes.subarray(at + 8, end), cut: end > bytes.length });
    }
    at = end + size % 2;
  }
  return chunks;
}

function readAnimationFrame(data: Uint8Array | undefined): WebpFrame {
  if (!data || data.length < 16) throw cut();
  const [x, y, width, height] = [0, 3, 6, 9].map((at) => uint24(data, at)) as [
    number,
    number,
    number,
    number,
  ];
  const frame = readFrame(firstOfEach(data.subarray(16)));
  if (frame.width !== width + 1 || frame.height !== height + 1) {
    throw new DamagedImageError(
      `Cannot decode the WebP: a first frame of ${width + 1} x ${height + 1} is required, as it announces: ` +
        `received ${frame.width} x ${frame.height}`,
    );
  }
  return { ...frame, x: 2 * x, y: 2 * y };
}

/** Reads the size in the picture's own data: RFC 6386, 9.1, and RFC 9649, 3.4. */
function readFrame(chunks: Map<string, Chunk>): Omit<WebpFrame, "x" | "y"> {
  const chunk = [...chunks.values()].find(({ name }) => name === "VP8 " || name === "VP8L");
  if (!chunk || chunk.cut || chunk.data.length < 10) throw cut();
  const { name, data } = chunk;
  const alpha = name === "VP8 " && chunks.get("ALPH")?.data;
  const picture = { name, data };
  const view = new DataView(data.buffer, data.byteOffset);
  if (name === "VP8L") {
    const sizes = view.getUint32(1, true);
    if (data[0] !== 0x2f) throw broken();
    return { width: (sizes & 0x3fff) + 1, height: (sizes >> 14 & 0x3fff) + 1, picture };
  }
  const [width, height] = [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff];
  const keyFrame = (data[0]! & 1) === 0 && uint24(data, 3) === 0x2a019d;
  if (!keyFrame || width === 0 || height === 0) throw broken();
  return { width, height, picture, ...(alpha ? { alpha } : {}) };
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
}

function cut(): DamagedImageError {
  return new DamagedImageError("Cannot decode the WebP: a complete file is required: it is cut off");
}

function broken(): DamagedImageError {
  return new DamagedImageError("Cannot decode the WebP: a key frame with a size is required: it is broken");
}
