import { type ThreadError, WorkerThread } from "../worker_thread.ts";
import type { StoreRequest } from "./sqlite_worker.ts";
import { type Embedding, type Store, StoreError } from "./store.ts";

/**
 * Opens a SQLite store in a worker of its own: its calls block the thread that makes them, which must not be the one
 * that answers requests.
 *
 * @param path of the file; undefined for a store in memory
 * @throws {StoreError} if the file cannot be opened, read and written, or is not such a store
 */
export async function openThreadedStore(path: string | undefined): Promise<Store> {
  const thread = new WorkerThread(new URL("./sqlite_worker.ts", import.meta.url), revive);
  const ask = <Result>(request: StoreRequest) => thread.ask<Result>(request);
  try {
    await ask<void>({ open: path });
  } catch (error) {
    thread.terminate();
    throw error;
  }
  return {
    get: (bundle, sha256) => ask<Embedding | undefined>({ get: [bundle, sha256] }),
    put: (bundle, embedding) => ask<void>({ put: [bundle, embedding] }),
    async close() {
      await ask<void>({ close: true });
      thread.terminate();
    },
  };
}

function revive({ name, message }: ThreadError): Error {
  return name === "StoreError" ? new StoreError(message) : Object.assign(new Error(message), { name });
}
