import { pipeline } from "node:stream/promises";
import { createReadStream } from "node:fs";
import { extract } from "tar-stream";
import { isPicture, ListingError } from "./listing.ts";
import type { PictureSet } from "./picture_set.ts";

/** Where each picture of a `.tar` lies. */
export interface TarIndex {
  kind: "tar";
  file: string;
  /** First byte and length of each picture, by its path in the archive. */
  extents: Map<string, [from: number, length: number]>;
}

/** Bytes of a file's header, which comes before its content. */
const HEADER = 512;

/**
 * Goes through a `.tar` once and notes where its pictures lie, by the names that count in a folder. Of two
 * files of one name the later counts, as when the archive is unpacked.
 *
 * @throws {ListingError} if it cannot be read to its end, is no archive, or holds no picture
 */
export async function indexTar(file: string): Promise<TarIndex> {
  const extents: TarIndex["extents"] = new Map();
  const walk = extract();
  walk.on("entry", ({ type, name, size }, body, next) => {
    const path = name.replace(/^(\.?\/)+/, "");
    if (type === "file" && isPicture(path)) extents.set(path, [body.offset + HEADER, size]);
    body.on("end", next);
    body.on("error", () => {}); // told by the pipeline
    body.resume();
  });
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), walk);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ListingError(
      `Cannot list the pictures: a whole .tar that can be read is required: received ${file} (${reason})`,
      { cause },
    );
  }
  if (extents.size === 0) {
    throw new ListingError(
      `Cannot list the pictures: a .tar with JPEG, PNG, WebP, GIF or AVIF files is required: received ${file}, which has none`,
    );
  }
  return { kind: "tar", file, extents };
}

/** The pictures of a `.tar`, each read from its place. */
export class TarSet implements PictureSet {
  #index: TarIndex;
  #file: Deno.FsFile;

  constructor(index: TarIndex) {
    this.#index = index;
    this.#file = Deno.openSync(index.file);
  }

  names(): string[] {
    return [...this.#index.extents.keys()];
  }

  /** @throws {ListingError} if the archive has no such picture, or has become shorter */
  read(name: string): Uint8Array {
    const extent = this.#index.extents.get(name);
    if (!extent) throw new ListingError(`${this.#index.file} has no such file`);
    const [from, length] = extent;
    const bytes = new Uint8Array(length);
    this.#file.seekSync(from, Deno.SeekMode.Start);
    for (let read = 0; read < length;) {
      const more = this.#file.readSync(bytes.subarray(read));
      if (more === null) throw new ListingError(`${this.#index.file} ends before it`);
      read += more;
    }
    return bytes;
  }
}
