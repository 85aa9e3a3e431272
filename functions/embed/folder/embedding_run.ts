import process from "node:process";
import { pooledMap } from "@std/async/pool";
import type { Manifest } from "../../../shared/bundle.ts";
import { ImageError } from "../../../shared/image/errors.ts";
import { showProgress } from "../../../shared/progress.ts";
import { readBundleFolder } from "../bundle/read_bundle.ts";
import { createEmbedder, type Embedder } from "../inference/embedder.ts";
import { InferenceFailedError } from "../inference/inference.ts";
import { openInferencePool } from "../inference/inference_pool.ts";
import type { Embedding, Store } from "../store/store.ts";
import { openThreadedStore } from "../store/threaded_store.ts";
import { describe, listPictures, type PictureFile, type Skipped } from "./list_pictures.ts";
import type { FolderOptions } from "./folder_options.ts";

/** A picture of a folder, embedded. */
export interface FolderPicture extends PictureFile, Embedding {}

/** What became of the pictures of some folders. */
export interface EmbeddedFolders {
  manifest: Manifest;
  /** In the order of their paths. */
  pictures: FolderPicture[];
  /** How many of different bytes the store did not have. */
  embedded: number;
  skipped: Skipped[];
  /** Open still; it has the traces of all pictures. */
  store: Store;
}

/** A picture may be at this for so long; then it is skipped. */
const MAX_SECONDS = 120;

/**
 * Embeds the pictures of folders as the endpoint would, by as many threads as there are cores. What was embedded before,
 * by whatever name, comes from the store; so a run that was stopped goes on where it was.
 *
 * @throws {FolderError} if a folder cannot be read
 * @throws {MissingBundleError | BundleError | EncoderError | StoreError} if bundle or store cannot be opened
 */
export async function embedFolders(folders: string[], options: FolderOptions): Promise<EmbeddedFolders> {
  const { workers, maxBytes, maxPixels } = options;
  const { files, skipped } = await listPictures(folders);
  const bundle = await readBundleFolder(options.bundle);
  const store = await openThreadedStore(options.store);
  const log = ({ message, error }: { message: string; error?: unknown }) =>
    console.error(error === undefined ? message : `${message}: ${describe(error)}`);
  const pool = { bundle, workers, maxPixels, maxSeconds: MAX_SECONDS, log };
  const inference = await openInferencePool(pool);
  const embedder = createEmbedder({ bundle: bundle.manifest.id, inference, store, maxQueue: Infinity, log });

  const bar = showProgress("pictures", files.length, process.stderr);
  const pictures: FolderPicture[] = [];
  const embedded = new Set<string>();
  // More are in memory than are worked at, so that reading and looking up hold up nobody.
  const results = pooledMap(2 * workers, files, async (file: PictureFile) => {
    const result = await embedFile(file, embedder, maxBytes);
    bar.advance();
    return { file, result };
  });
  for await (const { file, result } of results) {
    if ("reason" in result) {
      skipped.push({ path: file.path, reason: result.reason });
      continue;
    }
    pictures.push({ ...file, ...result.embedding });
    if (!result.cached) embedded.add(result.embedding.sha256);
  }
  bar.done();
  inference.close();
  return { manifest: bundle.manifest, pictures, embedded: embedded.size, skipped, store };
}

/** Embeds one file, or says why it cannot be. */
async function embedFile({ path, bytes }: PictureFile, embedder: Embedder, maxBytes: number) {
  if (bytes > maxBytes) return { reason: `at most ${maxBytes} bytes are read: it has ${bytes}` };
  let content: Uint8Array;
  try {
    content = await Deno.readFile(path);
  } catch (error) {
    return { reason: describe(error) };
  }
  if (content.length === 0) return { reason: "the file is empty" };
  try {
    return await embedder.embed(content);
  } catch (error) {
    if (error instanceof ImageError) return { reason: error.message };
    if (error instanceof InferenceFailedError) {
      return { reason: `it could not be embedded within ${MAX_SECONDS} s, or the encoder failed` };
    }
    throw error;
  }
}
