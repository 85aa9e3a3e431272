import type { StoreAddress } from "../../../shared/store_address.ts";
import type { Log } from "../log.ts";
import type { Database } from "./database.ts";

/**
 * Opens a store's database in this thread, for commands and measurements: a server opens it as a store.
 *
 * @throws {StoreError} if it cannot be opened
 */
export async function openDatabase(address: StoreAddress, log: Log): Promise<Database> {
  if (address.kind === "sqlite") return (await import("./sqlite.ts")).openSqliteDatabase(address.path);
  return await (await import("./postgres.ts")).openPostgresDatabase(address, log);
}
