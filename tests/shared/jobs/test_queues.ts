import { DatabaseSync } from "node:sqlite";
// @ts-types="@types/pg"
import pg from "pg";
import { PgBoss } from "pg-boss";
import { type JobQueue, QUEUE_TIMES } from "../../../shared/jobs/job_queue.ts";
import { pgBossOptions } from "../../../shared/jobs/pg_boss_options.ts";
import { PgBossQueue } from "../../../shared/jobs/pg_boss_queue.ts";
import { SqliteQueue } from "../../../shared/jobs/sqlite_queue.ts";
import { type PostgresAddress, storeAddressSchema } from "../../../shared/store_address.ts";
import { startPostgres } from "../../functions/store/postgres_server.ts";

/** A queue whose time a test can let pass. */
export interface TestQueue {
  queue: JobQueue;
  pass(seconds: number): Promise<void>;
}

const server = await startPostgres();
const address = storeAddressSchema.parse(server.url) as PostgresAddress;
const boss = new PgBoss(pgBossOptions(address, undefined, QUEUE_TIMES));
boss.on("error", (error) => console.error(`The queue: ${error.message}`));
await boss.start();
const postgres = await PgBossQueue.open(boss);
const client = new pg.Client({ ...address, ssl: false });
await client.connect();
Deno.test.afterAll(async () => {
  await postgres.close();
  await client.end();
  await server.close();
});

function openSqlite(): TestQueue {
  let now = 1_000_000;
  const queue = new SqliteQueue(new DatabaseSync(":memory:"), QUEUE_TIMES, () => now);
  return {
    queue,
    pass: (seconds) => Promise.try(() => void (now += seconds * 1000)),
  };
}

/** Time passes by all that was written becoming older; then pg-boss looks whose jobs are not heard of. */
async function openPostgres(): Promise<TestQueue> {
  await client.query("TRUNCATE pgboss.job, lookalike_job_progress");
  return {
    queue: postgres,
    async pass(seconds) {
      const times = ["created_on", "start_after", "started_on", "heartbeat_on", "completed_on", "keep_until"];
      await client.query(
        `UPDATE pgboss.job SET ${times.map((time) => `${time} = ${time} - interval '${seconds} s'`)}`,
      );
      await client.query("UPDATE pgboss.queue SET monitor_on = NULL, monitor_claim_on = NULL");
      await boss.supervise();
    },
  };
}

/** One suite for all drivers: each test runs on an empty queue of every kind. */
export function testQueues(name: string, test: (queue: TestQueue) => Promise<void>): void {
  const drivers: [string, () => Promise<TestQueue>][] = [
    ["SQLite", () => Promise.try(openSqlite)],
    ["pg-boss", openPostgres],
  ];
  for (const [driver, open] of drivers) {
    Deno.test(`queue: ${name} (${driver})`, async () => test(await open()));
  }
}
