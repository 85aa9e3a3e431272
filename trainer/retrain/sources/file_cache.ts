import { pooledMap } from "@std/async/pool";
import { dirname, join } from "@std/path";
import { z } from "zod";
import { writeAtomically } from "../../checkpoint/atomic.ts";
import type { JobContext } from "../worker.ts";
import { UnreachableSourceError } from "./source.ts";

/** A file that is elsewhere. */
export interface RemoteFile {
  /** Where it goes in the cache: relative, with `/`. */
  path: string;
  /** Differs if the bytes do, as far as can be seen without them. */
  version: string;
  read(signal: AbortSignal): Promise<Uint8Array>;
}

const indexSchema = z.record(z.string(), z.string());

const AT_ONCE = 8;
/** Files after which it is noted what is there. */
const NOTED = 500;

/**
 * Fetches the files that are not in the cache yet. What an attempt has fetched before it ended stays, and is not fetched again.
 *
 * @param folder the cache of one source
 * @returns the paths of those that are in the cache now, and why others are not
 * @throws {UnreachableSourceError} if none of them is
 */
export async function fillCache(
  folder: string,
  files: RemoteFile[],
  { signal, report }: JobContext,
): Promise<{ paths: string[]; skipped: Map<string, string> }> {
  await Deno.mkdir(folder, { recursive: true });
  const indexFile = join(folder, ".index.json"); // hidden: no picture
  const index = await readIndex(indexFile);
  const note = () => writeAtomically(indexFile, JSON.stringify(Object.fromEntries(index)));
  const skipped = new Map<string, string>();
  let fetched = 0;
  const fetchOne = async ({ path, version, read }: RemoteFile) => {
    signal.throwIfAborted();
    try {
      const bytes = await read(signal);
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await writeAtomically(join(folder, path), bytes);
      index.set(path, version);
    } catch (error) {
      signal.throwIfAborted();
      skipped.set(path, error instanceof Error ? error.message : String(error));
    }
    if (++fetched % NOTED === 0) await note();
  };
  const missing = files.filter(({ path, version }) => index.get(path) !== version);
  try {
    for await (const _ of pooledMap(AT_ONCE, missing, fetchOne)) {
      report({ share: fetched / missing.length, note: `fetching ${fetched}/${missing.length}` });
    }
  } finally {
    if (fetched > 0) await note();
  }
  const paths = files.map(({ path }) => path).filter((path) => !skipped.has(path));
  if (paths.length > 0) return { paths, skipped };
  const [first = "it lists no pictures"] = skipped.values();
  throw new UnreachableSourceError(
    `Cannot use the source: at least one of its pictures is required: ${first}`,
  );
}

async function readIndex(file: string): Promise<Map<string, string>> {
  try {
    return new Map(Object.entries(indexSchema.parse(JSON.parse(await Deno.readTextFile(file)))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}
