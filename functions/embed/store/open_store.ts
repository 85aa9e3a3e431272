import type { Log } from "../log.ts";
import type { Store } from "./store.ts";
import type { StoreAddress } from "../../../shared/store_address.ts";
import { openThreadedStore } from "./threaded_store.ts";

/**
 * Opens the store that the settings name. PostgreSQL's client is loaded only where it is used.
 *
 * @throws {StoreError} if it cannot be opened
 */
export async function openStore(address: StoreAddress, log: Log): Promise<Store> {
  if (address.kind === "sqlite") return await openThreadedStore(address.path);
  const { openPostgresStore } = await import("./postgres.ts");
  return await openPostgresStore(address, log);
}
