/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { answerRequests } from "../answer_requests.ts";
import { openSqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

/** What the store's worker is asked, `open` first. */
export type StoreRequest = { open: string | undefined } | StoreCall;

/** A method of the store, with its arguments. */
export type StoreCall = {
  [Name in keyof Store]: { call: Name; values: Parameters<Store[Name]> };
}[keyof Store];

let store: Store | undefined;

answerRequests<StoreRequest>(async (request) => {
  if ("open" in request) {
    store = openSqliteStore(request.open);
    return;
  }
  if (!store) throw new Error("Cannot use the store: it must be open: it is not");
  const method = store[request.call] as (...values: unknown[]) => Promise<unknown>;
  return await method.apply(store, request.values);
});
