import { DatabaseSync } from "node:sqlite";
import type { JobQueue } from "../../../shared/jobs/job_queue.ts";
import { SqliteQueue } from "../../../shared/jobs/sqlite_queue.ts";

/** A queue whose time a test can let pass. */
export interface TestQueue {
  queue: JobQueue;
  pass(seconds: number): Promise<void>;
}

function openSqlite(): TestQueue {
  let now = 1_000_000;
  const queue = new SqliteQueue(new DatabaseSync(":memory:"), () => now);
  return {
    queue,
    pass: (seconds) => Promise.try(() => void (now += seconds * 1000)),
  };
}

/** One suite for all drivers: each test runs on an empty queue of every kind. */
export function testQueues(name: string, test: (queue: TestQueue) => Promise<void>): void {
  const drivers: [string, () => Promise<TestQueue>][] = [
    ["SQLite", () => Promise.try(openSqlite)],
  ];
  for (const [driver, open] of drivers) {
    Deno.test(`queue: ${name} (${driver})`, async () => {
      const opened = await open();
      try {
        await test(opened);
      } finally {
        await opened.queue.close();
      }
    });
  }
}
