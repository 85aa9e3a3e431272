type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What is read at a time. Deno 2.9 keeps as much as it was ever asked for at once, and more, with each connection for as long
 * as that is open: with bodies of 4 MB, 7.5 MB. But each read takes some 50 microseconds: at 64 kB a time, 4 MB took three
 * milliseconds longer than in one piece, and one longer at this.
 */
const PART = 256 * 1024;

/**
 * Reads a whole stream into room of the length that is expected, and more where that is not enough.
 *
 * A stream of bytes, as Deno's requests have, fills the room itself. Others hand out chunks, which are copied: of Deno's
 * requests they had 64 kB each, and left holes all over the process's memory when large bodies came one after another.
 *
 * @returns undefined if there are more than `most` bytes; the rest is then not read
 */
export async function readStream(
  stream: ReadableStream<Bytes>,
  expected: number,
  most: number,
): Promise<Bytes | undefined> {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch {
    return await readChunks(stream, expected, most);
  }
  try {
    return await readBytes(reader, expected, most);
  } finally {
    await reader.cancel().catch(() => {}); // which fails where reading did
  }
}

async function readBytes(
  reader: ReadableStreamBYOBReader,
  expected: number,
  most: number,
): Promise<Bytes | undefined> {
  let room = new Uint8Array(Math.min(expected, most));
  let length = 0;
  while (true) {
    const isFull = length === room.length;
    const { done, value } = await reader.read(
      isFull ? new Uint8Array(1) : room.subarray(length, length + PART),
    );
    if (!isFull) room = new Uint8Array(value!.buffer);
    if (done) return cut(room, length);
    if (isFull) {
      if (length === most) return undefined;
      room = resize(room, Math.min(Math.max(length + 1, 2 * length), most));
      room.set(value, length);
    }
    length += value.length;
  }
}

async function readChunks(
  stream: ReadableStream<Bytes>,
  expected: number,
  most: number,
): Promise<Bytes | undefined> {
  let room = new Uint8Array(Math.min(expected, most));
  let length = 0;
  for await (const chunk of stream) {
    const end = length + chunk.length;
    if (end > most) return undefined;
    if (end > room.length) room = resize(room, Math.min(Math.max(end, 2 * room.length), most));
    room.set(chunk, length);
    length = end;
  }
  return cut(room, length);
}

function cut(room: Bytes, length: number): Bytes {
  return length === room.length ? room : resize(room, length);
}

function resize({ buffer }: Bytes, length: number): Bytes {
  return new Uint8Array(buffer.transfer(length));
}
