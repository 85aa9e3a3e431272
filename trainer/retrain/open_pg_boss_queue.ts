import { PgBoss } from "pg-boss";
import type { JobQueue, QueueTimes } from "../../shared/jobs/job_queue.ts";
import { PgBossQueue } from "../../shared/jobs/pg_boss_queue.ts";
import type { PostgresAddress } from "../../shared/store_address.ts";

const MAX_CONNECTIONS = 3;
const CONNECT_SECONDS = 10;

/** Opens the queue of a PostgreSQL database, making pg-boss's tables if need be. Throws what pg-boss and pg throw. */
export async function openPgBossQueue(address: PostgresAddress, times: QueueTimes): Promise<JobQueue> {
  const boss = await createPgBoss(address, times);
  try {
    await boss.start();
    return await PgBossQueue.open(boss, times);
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {}); // it may not have started
    throw error;
  }
}

export async function createPgBoss(address: PostgresAddress, times: QueueTimes): Promise<PgBoss> {
  const { host, port, database, user, password, tls, rootCertificates } = address;
  const seconds = Math.max(1, Math.floor(times.leaseSeconds / 4));
  const boss = new PgBoss({
    ...{ host, port, database, user, password },
    ssl: tls === "disable" ? false : {
      rejectUnauthorized: tls === "verify-full",
      ...rootCertificates === undefined ? {} : { ca: await Deno.readTextFile(rootCertificates) },
    },
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    application_name: "lookalike jobs",
    // Whose jobs are not heard of is looked at by all workers, in turn.
    ...{ supervise: true, superviseIntervalSeconds: seconds, monitorIntervalSeconds: seconds },
    schedule: false,
  });
  boss.on("error", (error) => console.error(`The queue: ${error.message}`));
  return boss;
}
