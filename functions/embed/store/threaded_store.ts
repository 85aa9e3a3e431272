import { type ThreadError, WorkerThread } from "../worker_thread.ts";
import { PutQueue } from "./put_queue.ts";
import type { StoreCall, StoreRequest } from "./sqlite_worker.ts";
import { type Store, StoreError } from "./store.ts";

/**
 * Opens a SQLite store in a worker of its own: its calls block the thread that makes them, which must not be the one
 * that answers requests.
 *
 * @param path of the file; undefined for a store in memory
 * @throws {StoreError} if the file cannot be opened, read and written, or is not such a store
 */
export async function openThreadedStore(path: string | undefined): Promise<Store> {
  const thread = new WorkerThread(new URL("./sqlite_worker.ts", import.meta.url), revive);
  try {
    await thread.ask<void>({ open: path } satisfies StoreRequest);
  } catch (error) {
    thread.terminate();
    throw error;
  }
  const forward = <Name extends keyof Store>(call: Name) => (...values: Parameters<Store[Name]>) =>
    thread.ask({ call, values } as StoreCall) as ReturnType<Store[Name]>;
  const puts = new PutQueue(forward("putPictures"));
  return {
    get: forward("get"),
    put: forward("put"),
    putMany: forward("putMany"),
    collection: forward("collection"),
    makeCollection: forward("makeCollection"),
    // What waits for the worker waits here, where it comes together.
    putPicture: (...picture) => puts.put(...picture),
    putPictures: forward("putPictures"),
    deletePicture: forward("deletePicture"),
    picture: forward("picture"),
    pictures: forward("pictures"),
    traces: forward("traces"),
    search: forward("search"),
    placement: forward("placement"),
    groups: forward("groups"),
    redirects: forward("redirects"),
    collectionNames: forward("collectionNames"),
    collectionSettings: forward("collectionSettings"),
    missing: forward("missing"),
    async close() {
      await forward("close")();
      thread.terminate();
    },
  };
}

function revive({ name, message }: ThreadError): Error {
  return name === "StoreError" ? new StoreError(message) : Object.assign(new Error(message), { name });
}
