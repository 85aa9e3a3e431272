import { Readable } from "node:stream";
import { createInflate } from "node:zlib";
import { pngChunks } from "./png_header.ts";

/** Samples of a pixel by its kind of colour. */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Compressing more than that anew would take seconds: 20 megapixels of RGB. */
const MOST_BYTES = 60_000_000;

/** First column and row, and the steps between them, of the seven passes of an interlaced picture. */
const PASSES: [x: number, y: number, across: number, down: number][] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * A PNG whose compressed data say more than its rows, compressed anew with these alone: some encoders write too many rows,
 * or bytes after the last, and every browser shows what they write. In parts, to be joined.
 *
 * @returns undefined if there are too few rows, or very many, or a chunk of them has a wrong checksum
 */
export async function repairPng(bytes: Uint8Array): Promise<Uint8Array[] | undefined> {
  const chunks = [...pngChunks(bytes)];
  const data = chunks.filter(({ name }) => name === "IDAT");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = data.every(({ from, to }) =>
    crc32(bytes.subarray(from + 4, to - 4)) === view.getUint32(to - 4)
  );
  const length = dataLength(view);
  if (!whole || length > MOST_BYTES) return undefined;
  const compressed = await compressAnew(data.map(({ data }) => data), length);
  if (!compressed) return undefined;
  const colours = chunks.filter(({ name }) => name === "PLTE" || name === "tRNS")
    .map(({ from, to }) => bytes.subarray(from, to));
  return [bytes.subarray(0, 33), ...colours, chunk("IDAT", compressed), chunk("IEND", new Uint8Array())];
}

/** Bytes of all rows, each with the byte before it that tells its filter. */
function dataLength(header: DataView): number {
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  const bits = header.getUint8(24) * (SAMPLES[header.getUint8(25)] ?? 0);
  const passes = header.getUint8(28) === 1 ? PASSES : [[0, 0, 1, 1] as const];
  return passes.reduce((sum, [x, y, across, down]) => {
    const columns = Math.ceil((width - x) / across), rows = Math.ceil((height - y) / down);
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil(columns * bits / 8)) : sum;
  }, 0);
}

/** Undefined if the parts are not zlib, or hold less. */
async function compressAnew(parts: Uint8Array[], length: number): Promise<Uint8Array | undefined> {
  try {
    const rows = ReadableStream.from(inflate(parts, length));
    return await new Response(rows.pipeThrough(new CompressionStream("deflate"))).bytes();
  } catch {
    return undefined;
  }
}

/** The first bytes of what the parts hold; unlike DecompressionStream, Node's inflate gives what comes before an error. */
async function* inflate(parts: Uint8Array[], length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = length;
  for await (const part of Readable.from(parts).pipe(createInflate())) {
    yield part.subarray(0, left);
    left -= part.length;
    if (left <= 0) return;
  }
  throw new RangeError(`Cannot read rows: ${length} bytes are required: received ${length - left}`);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let letter = 0; letter < 4; letter++) bytes[4 + letter] = name.charCodeAt(letter);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** The checksum of the PNG specification, annex D. */
function crc32(bytes: Uint8Array): number {
  let checksum = ~0;
  for (const byte of bytes) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit++) checksum = checksum >>> 1 ^ (checksum & 1 ? 0xedb88320 : 0);
  }
  return ~checksum >>> 0;
}
