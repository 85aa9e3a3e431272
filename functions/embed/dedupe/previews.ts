import process from "node:process";
import { pooledMap } from "@std/async/pool";
import { showProgress } from "../../../shared/progress.ts";
import { WorkerThread } from "../worker_thread.ts";
import type { PreviewRequest } from "./preview_worker.ts";

/** Pixels of a preview's longer side: twice what the gallery shows, for screens of high density. */
const SIDE = 320;

/**
 * Makes small JPEGs of files, in as many threads as are told. One that has changed since and cannot be read any more
 * is left out.
 *
 * @returns by path
 */
export async function makePreviews(
  paths: string[],
  { workers, maxPixels }: { workers: number; maxPixels: number },
): Promise<Map<string, Uint8Array>> {
  const threads = Array.from(
    { length: Math.min(workers, paths.length) },
    () =>
      new WorkerThread(new URL("./preview_worker.ts", import.meta.url), ({ message }) => new Error(message)),
  );
  const idle = [...threads];
  const bar = showProgress("previews", paths.length, process.stderr);
  const previews = new Map<string, Uint8Array>();
  const made = pooledMap(Math.max(1, threads.length), paths, async (path: string) => {
    const thread = idle.pop()!;
    try {
      const file = await Deno.readFile(path);
      previews.set(path, await thread.ask({ file, side: SIDE, maxPixels } satisfies PreviewRequest));
    } catch {
      // Nothing is shown in its place.
    } finally {
      idle.push(thread);
      bar.advance();
    }
  });
  await Array.fromAsync(made);
  bar.done();
  for (const thread of threads) thread.terminate();
  return previews;
}
