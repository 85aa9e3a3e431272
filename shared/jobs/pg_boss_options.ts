import type { ConstructorOptions } from "pg-boss";
import type { PostgresAddress } from "../store_address.ts";
import type { QueueTimes } from "./job_queue.ts";

const MAX_CONNECTIONS = 3;
const CONNECT_SECONDS = 10;

/**
 * How pg-boss uses a database.
 *
 * @param rootCertificates what the address's file of that name has
 * @param supervise how often to look whose jobs are not heard of, in turn with others; left out by who takes no jobs
 */
export function pgBossOptions(
  { host, port, database, user, password, tls }: PostgresAddress,
  rootCertificates: string | undefined,
  supervise?: QueueTimes,
): ConstructorOptions {
  const seconds = Math.max(1, Math.floor((supervise?.leaseSeconds ?? 60) / 4));
  return {
    ...{ host, port, database, user, password },
    ssl: tls === "disable" ? false : {
      rejectUnauthorized: tls === "verify-full",
      ...rootCertificates === undefined ? {} : { ca: rootCertificates },
    },
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    application_name: "lookalike jobs",
    supervise: supervise !== undefined,
    ...{ superviseIntervalSeconds: seconds, monitorIntervalSeconds: seconds },
    schedule: false,
    registerInstance: false, // it would ask for the machine's name
  };
}
