import { join } from "@std/path";
import { WorkerThread } from "../../../functions/embed/worker_thread.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { vectorFromBytes, vectorToBytes } from "../../../shared/vector.ts";
import { THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { listPictures } from "../../../trainer/data/listing.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { progressBar } from "../../../trainer/progress.ts";
import type { EmbedRequest, Row } from "./embed_worker.ts";

const CHUNK = 50;

/** Of a row in the third file: width, height and bytes, as uint32. */
const FACTS = 12;

/**
 * Embedded photos and edits (`edited_photos.ts`) in three files that grow: vectors as float32, thumbnails, and what the files
 * were.
 */
export class RowFile {
  readonly dimensions: number;
  readonly photos: number;
  readonly #vectors: Deno.FsFile;
  readonly #thumbnails: Deno.FsFile;
  readonly #facts: Deno.FsFile;

  private constructor(folder: string, dimensions: number, photos: number) {
    const options = { read: true, write: true, create: true };
    this.#vectors = Deno.openSync(join(folder, "vectors.f32"), options);
    this.#thumbnails = Deno.openSync(join(folder, "thumbnails.planes"), options);
    this.#facts = Deno.openSync(join(folder, "facts.u32"), options);
    this.dimensions = dimensions;
    this.photos = photos;
  }

  /**
   * Opens the rows of these photos under this bundle, and embeds what is missing of the first `count`; what was
   * embedded before stays, also if this is interrupted.
   */
  static async open(data: string, bundleFolder: string, count: number, workers: number): Promise<RowFile> {
    const { manifest } = await readBundle(bundleFolder);
    const photos = await listPictures(data);
    const listing = await sha256Hex(new TextEncoder().encode(photos.join("\n")));
    const folder = join(
      ".data",
      "bench-store",
      `${manifest.id.slice(0, 16)}-${listing.slice(0, 16)}-${THUMBNAIL_BYTES}`,
    );
    await Deno.mkdir(folder, { recursive: true });
    const rows = new RowFile(folder, manifest.embedding.dimensions, photos.length);
    const missing = Array.from({ length: Math.max(0, count - rows.length) }, (_, i) => rows.length + i);
    if (missing.length > 0) {
      await rows.#embed(missing, { bundle: bundleFolder, folder: data, photos }, workers);
    }
    return rows;
  }

  /** Rows that are whole in all files. */
  get length(): number {
    return Math.floor(Math.min(
      this.#vectors.statSync().size / (4 * this.dimensions),
      this.#thumbnails.statSync().size / THUMBNAIL_BYTES,
      this.#facts.statSync().size / FACTS,
    ));
  }

  read(row: number): Row {
    const [width, height, bytes] = new Uint32Array(readAt(this.#facts, row, FACTS).buffer);
    return {
      vector: vectorFromBytes(readAt(this.#vectors, row, 4 * this.dimensions)),
      thumbnail: readAt(this.#thumbnails, row, THUMBNAIL_BYTES),
      ...{ width: width!, height: height!, bytes: bytes! },
    };
  }

  async #embed(missing: number[], setup: EmbedRequest, workers: number): Promise<void> {
    const threads = Array.from(
      { length: workers },
      () =>
        new WorkerThread(new URL("./embed_worker.ts", import.meta.url), ({ message }) => new Error(message)),
    );
    await Promise.all(threads.map((thread) => thread.ask(setup)));
    const bar = progressBar("embedded", missing.length);
    const chunks = Array.from(
      { length: Math.ceil(missing.length / CHUNK) },
      (_, i) => missing.slice(i * CHUNK, (i + 1) * CHUNK),
    );
    const ask = (i: number) =>
      threads[i % workers]!.ask<Row[]>({ rows: chunks[i] } satisfies Partial<EmbedRequest>);
    const asked = chunks.slice(0, 2 * workers).map((_, i) => ask(i));
    for (const [i, chunk] of chunks.entries()) {
      const rows = await asked[i]!;
      if (i + 2 * workers < chunks.length) asked.push(ask(i + 2 * workers));
      chunk.forEach((row, place) => {
        const { vector, thumbnail, width, height, bytes } = rows[place]!;
        writeAt(this.#vectors, row, vectorToBytes(vector));
        writeAt(this.#thumbnails, row, thumbnail);
        writeAt(this.#facts, row, new Uint8Array(Uint32Array.of(width, height, bytes).buffer));
      });
      bar.advance(chunk.length);
    }
    bar.done();
    for (const thread of threads) thread.terminate();
  }
}

function readAt(file: Deno.FsFile, row: number, bytes: number): Uint8Array<ArrayBuffer> {
  const read = new Uint8Array(bytes);
  file.seekSync(row * bytes, Deno.SeekMode.Start);
  if (file.readSync(read) !== bytes) throw new Error(`Cannot read row ${row}: the file must have it`);
  return read;
}

function writeAt(file: Deno.FsFile, row: number, bytes: Uint8Array): void {
  file.seekSync(row * bytes.length, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
