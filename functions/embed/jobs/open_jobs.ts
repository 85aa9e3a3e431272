import type { JobQueue } from "../../../shared/jobs/job_queue.ts";
import type { PostgresAddress, StoreAddress } from "../../../shared/store_address.ts";
import type { Log } from "../log.ts";
import { WorkerThread } from "../worker_thread.ts";
import { NoJobsError } from "./errors.ts";
import type { QueueCall, QueueRequest } from "./queue_worker.ts";

/** What the endpoint does with jobs: others take them. */
export type FiledJobs = Pick<JobQueue, "file" | "get" | "list" | "cancel" | "remove" | "close">;

/** The queue in the store's database, opened when it is first asked for. */
export interface Jobs {
  /** @throws {NoJobsError} if the store is in memory */
  queue(): Promise<FiledJobs>;
  close(): Promise<void>;
}

export function openJobs(address: StoreAddress, log: Log): Jobs {
  let opened: Promise<FiledJobs> | undefined;
  return {
    async queue() {
      opened ??= open(address, log);
      try {
        return await opened;
      } catch (error) {
        opened = undefined; // the next one tries again
        throw error;
      }
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

async function open(address: StoreAddress, log: Log): Promise<FiledJobs> {
  if (address.kind === "postgres") return await openPostgresQueue(address, log);
  if (address.path !== undefined) return await openThreadedQueue(address.path);
  throw new NoJobsError(
    "Cannot answer: jobs must be kept where a worker finds them: STORE_URL names a store in memory",
  );
}

/** SQLite's calls block the thread that makes them. */
async function openThreadedQueue(path: string): Promise<FiledJobs> {
  const revive = ({ name, message }: { name: string; message: string }) =>
    Object.assign(new Error(message), { name });
  const thread = new WorkerThread(new URL("./queue_worker.ts", import.meta.url), revive);
  try {
    await thread.ask<void>({ open: path } satisfies QueueRequest);
  } catch (error) {
    thread.terminate();
    throw error;
  }
  const forward = <Name extends keyof FiledJobs>(call: Name) => (...values: Parameters<FiledJobs[Name]>) =>
    thread.ask({ call, values } as QueueCall) as ReturnType<FiledJobs[Name]>;
  return {
    file: forward("file"),
    get: forward("get"),
    list: forward("list"),
    remove: forward("remove"),
    cancel: forward("cancel"),
    async close() {
      await forward("close")();
      thread.terminate();
    },
  };
}

async function openPostgresQueue(address: PostgresAddress, log: Log): Promise<FiledJobs> {
  const { openPgBossQueue } = await import("../../../shared/jobs/open_pg_boss_queue.ts");
  const { rootCertificates: file } = address;
  return await openPgBossQueue(address, {
    rootCertificates: file === undefined ? undefined : await Deno.readTextFile(file),
    onError: (error) => log({ level: "warn", message: "The queue of jobs failed", error }),
  });
}
