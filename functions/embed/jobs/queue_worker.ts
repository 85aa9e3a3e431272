/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { DatabaseSync } from "node:sqlite";
import { SqliteQueue } from "../../../shared/jobs/sqlite_queue.ts";
import { answerRequests } from "../answer_requests.ts";
import type { FiledJobs } from "./open_jobs.ts";

/** What the queue's worker is asked, `open` first. */
export type QueueRequest = { open: string } | QueueCall;

/** A method of the queue, with its arguments. */
export type QueueCall = {
  [Name in keyof FiledJobs]: { call: Name; values: Parameters<FiledJobs[Name]> };
}[keyof FiledJobs];

let queue: FiledJobs | undefined;

answerRequests<QueueRequest>(async (request) => {
  if ("open" in request) {
    const database = new DatabaseSync(request.open);
    // As the store does, whose file it is.
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    queue = new SqliteQueue(database);
    return;
  }
  if (!queue) throw new Error("Cannot use the queue: it must be open: it is not");
  const method = queue[request.call] as (...values: unknown[]) => Promise<unknown>;
  return await method.apply(queue, request.values);
});
