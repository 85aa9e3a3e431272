/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { answerRequests } from "../answer_requests.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Embedding, Store } from "./store.ts";

/** What the store's worker is asked, `open` first. */
export type StoreRequest =
  | { open: string | undefined }
  | { get: [bundle: string, sha256: string] }
  | { put: [bundle: string, embedding: Embedding] }
  | { close: true };

let store: Store | undefined;

answerRequests<StoreRequest>(async (request) => {
  if ("open" in request) {
    store = openSqliteStore(request.open);
    return;
  }
  if (!store) throw new Error("Cannot use the store: it must be open: it is not");
  if ("get" in request) return await store.get(...request.get);
  if ("put" in request) return await store.put(...request.put);
  return await store.close();
});
