import { DatabaseSync } from "node:sqlite";
import { dirname } from "@std/path";
import { type JobQueue, QUEUE_TIMES, type QueueTimes } from "../../shared/jobs/job_queue.ts";
import { SqliteQueue } from "../../shared/jobs/sqlite_queue.ts";
import { type StoreAddress, storeAddressSchema } from "../../shared/store_address.ts";

/** The queue cannot be opened. */
export class QueueError extends Error {
  override name = "QueueError";
}

/** @throws {QueueError} if the text is no address of a store that processes share */
export function parseStoreAddress(text: string): StoreAddress {
  const result = storeAddressSchema.safeParse(text);
  const isShared = result.success && !(result.data.kind === "sqlite" && result.data.path === undefined);
  if (isShared) return result.data;
  const reason = result.success
    ? "a store in memory"
    : result.error.issues.map(({ message }) => message).join("; ");
  throw new QueueError(
    `Cannot open the queue: sqlite:///absolute/path.db or postgres://user:password@host/database is required: received ${reason}`,
  );
}

/**
 * Opens the queue of the store's own database, making it if need be.
 *
 * @throws {QueueError} if that cannot be opened
 */
export async function openQueue(text: string, times: QueueTimes = QUEUE_TIMES): Promise<JobQueue> {
  const address = parseStoreAddress(text);
  try {
    if (address.kind === "sqlite") return openSqliteQueue(address.path!, times);
    const { openPgBossQueue } = await import("../../shared/jobs/open_pg_boss_queue.ts");
    const { rootCertificates: file } = address;
    return await openPgBossQueue(address, {
      rootCertificates: file === undefined ? undefined : await Deno.readTextFile(file),
      times,
      onError: (error) => console.error(`The queue: ${error.message}`),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError(
      `Cannot open the queue: a database that can be read and written is required: ${reason}`,
      { cause },
    );
  }
}

function openSqliteQueue(path: string, times: QueueTimes): JobQueue {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  // As the store does, whose file it is.
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  return new SqliteQueue(database, times);
}
