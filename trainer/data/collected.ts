import { ListingError } from "./listing.ts";
import type { Picture, PictureSet, PictureStream } from "./picture_set.ts";

/** The pictures of a stream, in memory that threads share. */
export interface Collected {
  kind: "memory";
  /** The pictures one after the other, as they were given. */
  bytes: SharedArrayBuffer;
  extents: Map<string, Extent>;
}

/** Where a picture lies; with a size when it was given as pixels. */
interface Extent {
  from: number;
  length: number;
  size?: { width: number; height: number };
}

/**
 * Reads a stream to its end into memory.
 *
 * @throws {ListingError} if two pictures have one name
 */
export async function collectPictures(stream: PictureStream): Promise<Collected> {
  const parts: Uint8Array[] = [];
  const extents = new Map<string, Extent>();
  let length = 0;
  for await (const { name, picture } of stream) {
    if (extents.has(name)) {
      throw new ListingError(
        `Cannot collect the pictures: a name for each is required: received ${name} twice`,
      );
    }
    const part = picture instanceof Uint8Array ? picture : picture.data;
    const size = picture instanceof Uint8Array
      ? {}
      : { size: { width: picture.width, height: picture.height } };
    extents.set(name, { from: length, length: part.length, ...size });
    parts.push(part.slice());
    length += part.length;
  }
  const bytes = new SharedArrayBuffer(length);
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return { kind: "memory", bytes, extents };
}

/** The pictures of a stream that was collected. */
export class CollectedSet implements PictureSet {
  #collected: Collected;

  constructor(collected: Collected) {
    this.#collected = collected;
  }

  names(): string[] {
    return [...this.#collected.extents.keys()];
  }

  /** @throws {ListingError} if the stream gave no such picture */
  read(name: string): Picture {
    const extent = this.#collected.extents.get(name);
    if (!extent) throw new ListingError("the stream gave no such picture");
    const bytes = new Uint8Array(this.#collected.bytes, extent.from, extent.length);
    // Files are copied out, since decoders do not take shared memory.
    return extent.size ? { ...extent.size, data: bytes } : bytes.slice();
  }
}
