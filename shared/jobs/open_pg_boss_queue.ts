import { PgBoss } from "pg-boss";
import type { PostgresAddress } from "../store_address.ts";
import type { QueueTimes } from "./job_queue.ts";
import { pgBossOptions } from "./pg_boss_options.ts";
import { PgBossQueue } from "./pg_boss_queue.ts";

/**
 * Opens the queue of a PostgreSQL database, making pg-boss's tables if need be. Throws what pg-boss and pg throw.
 *
 * @param rootCertificates what the address's file of that name has
 * @param times of those who take jobs; left out by who takes none
 * @param onError told of what fails between calls
 */
export async function openPgBossQueue(
  address: PostgresAddress,
  { rootCertificates, times, onError }: {
    rootCertificates: string | undefined;
    times?: QueueTimes;
    onError: (error: Error) => void;
  },
): Promise<PgBossQueue> {
  const boss = new PgBoss(pgBossOptions(address, rootCertificates, times));
  boss.on("error", onError);
  try {
    await boss.start();
    return await PgBossQueue.open(boss, times);
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {}); // it may not have started
    throw error;
  }
}
