import { PgBoss } from "pg-boss";
import type { JobQueue, QueueTimes } from "../../shared/jobs/job_queue.ts";
import { pgBossOptions } from "../../shared/jobs/pg_boss_options.ts";
import { PgBossQueue } from "../../shared/jobs/pg_boss_queue.ts";
import type { PostgresAddress } from "../../shared/store_address.ts";

/** Opens the queue of a PostgreSQL database, making pg-boss's tables if need be. Throws what pg-boss and pg throw. */
export async function openPgBossQueue(address: PostgresAddress, times: QueueTimes): Promise<JobQueue> {
  const { rootCertificates: file } = address;
  const rootCertificates = file === undefined ? undefined : await Deno.readTextFile(file);
  const boss = new PgBoss(pgBossOptions(address, rootCertificates, times));
  boss.on("error", (error) => console.error(`The queue: ${error.message}`));
  try {
    await boss.start();
    return await PgBossQueue.open(boss, times);
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {}); // it may not have started
    throw error;
  }
}
