import type { Db, PgBoss } from "pg-boss";
import {
  type Job,
  type JobProgress,
  type JobResult,
  type JobSpec,
  jobSpecSchema,
  type JobState,
} from "./job.ts";
import {
  type Claim,
  type JobQueue,
  type ListOptions,
  LONGEST_PAUSE_SECONDS,
  LOST,
  MOST_ATTEMPTS,
  QUEUE_TIMES,
  type QueueTimes,
} from "./job_queue.ts";

const QUEUE = "lookalike";
const DAY = 24 * 3600;
/** How long pg-boss keeps jobs that nobody takes, and those that have ended. */
const KEPT_SECONDS = 90 * DAY;
/** pg-boss has no shorter one. */
const SHORTEST_LEASE = 10;

/** What pg-boss has no place for: who has a job, and how far it is. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS lookalike_job_progress (
  job UUID PRIMARY KEY,
  worker TEXT NOT NULL,
  progress JSONB
)`;

/** pg-boss's names of the states. */
const STATES: Record<JobState, string[]> = {
  waiting: ["created", "retry"],
  running: ["active"],
  done: ["completed"],
  failed: ["failed"],
  cancelled: ["cancelled"],
};

type Row = Record<string, unknown>;

/**
 * A queue in PostgreSQL, which workers of many machines share. pg-boss has the jobs: it gives each to one, counts attempts and
 * pauses, and takes back what is not heard of.
 */
export class PgBossQueue implements JobQueue {
  readonly leaseSeconds: number;
  readonly #boss: PgBoss;
  readonly #database: Db;

  private constructor(boss: PgBoss, leaseSeconds: number) {
    this.leaseSeconds = leaseSeconds;
    this.#boss = boss;
    this.#database = boss.getDb();
  }

  /** @param boss that was started */
  static async open(boss: PgBoss, times: QueueTimes = QUEUE_TIMES): Promise<PgBossQueue> {
    const queue = new PgBossQueue(boss, Math.max(SHORTEST_LEASE, times.leaseSeconds));
    const options = {
      retryLimit: MOST_ATTEMPTS - 1,
      retryDelay: times.pauseSeconds,
      retryBackoff: true,
      retryDelayMax: LONGEST_PAUSE_SECONDS,
      heartbeatSeconds: queue.leaseSeconds,
      expireInSeconds: DAY,
      retentionSeconds: KEPT_SECONDS,
      deleteAfterSeconds: KEPT_SECONDS,
    };
    await boss.createQueue(QUEUE, options);
    await boss.updateQueue(QUEUE, options);
    // Signs of life say how long an attempt lasts; pg-boss would allow it a day.
    await queue.#query("UPDATE pgboss.queue SET expire_seconds = $1 WHERE name = $2", KEPT_SECONDS, QUEUE);
    await queue.#query(SCHEMA);
    return queue;
  }

  async file(spec: JobSpec, key?: string): Promise<Job> {
    const id = key === undefined ? crypto.randomUUID() : await uuidOf(key);
    await this.#boss.send(QUEUE, spec, { id });
    return (await this.get(id))!;
  }

  async claim(worker: string): Promise<Claim | undefined> {
    const [fetched] = await this.#boss.fetch(QUEUE);
    if (!fetched) return undefined;
    await this.#query(
      `INSERT INTO lookalike_job_progress (job, worker) VALUES ($1, $2)
       ON CONFLICT (job) DO UPDATE SET worker = excluded.worker`,
      fetched.id,
      worker,
    );
    const job = (await this.get(fetched.id))!;
    return { job, attempt: fetched.retryCount + 1 };
  }

  async heartbeat(claim: Claim, progress?: JobProgress): Promise<boolean> {
    if (!isHeld(await this.#boss.touch(QUEUE, fenced(claim)))) return false;
    if (progress) {
      await this.#query(
        "UPDATE lookalike_job_progress SET progress = $2::text::jsonb WHERE job = $1",
        claim.job.id,
        JSON.stringify(progress),
      );
    }
    return true;
  }

  async complete(claim: Claim, result: JobResult, next: JobSpec[] = []): Promise<boolean> {
    return await this.#together(async (db) => {
      const held = isHeld(await this.#boss.complete(QUEUE, fenced(claim), result, { db }));
      if (held) { for (const spec of next) await this.#boss.send(QUEUE, spec, { db }); }
      return held;
    });
  }

  async fail(claim: Claim, error: string, again: boolean): Promise<boolean> {
    return await this.#together(async (db) => {
      if (!again) {
        await db.executeSql(
          `UPDATE pgboss.job SET retry_limit = retry_count
           WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`,
          [QUEUE, claim.job.id, claim.attempt - 1],
        );
      }
      return isHeld(await this.#boss.fail(QUEUE, fenced(claim), { message: error }, { db }));
    });
  }

  async cancel(id: string): Promise<Job | undefined> {
    if (!isUuid(id)) return undefined;
    await this.#boss.cancel(QUEUE, id);
    return await this.get(id);
  }

  async remove(id: string): Promise<void> {
    if (!isUuid(id)) return;
    await this.#boss.deleteJob(QUEUE, id);
    await this.#query("DELETE FROM lookalike_job_progress WHERE job = $1", id);
  }

  async retry(id: string): Promise<Job | undefined> {
    if (!isUuid(id)) return undefined;
    await this.#boss.retry(QUEUE, id);
    return await this.get(id);
  }

  async get(id: string): Promise<Job | undefined> {
    if (!isUuid(id)) return undefined;
    const [row] = await this.#select("AND j.id = $2::uuid", 1, id);
    return row && readJob(row);
  }

  async list({ state, limit, before }: ListOptions): Promise<Job[]> {
    if (before !== undefined && !isUuid(before)) return [];
    const rows = await this.#select(
      `AND ($2::text[] IS NULL OR j.state::text = ANY($2::text[])) AND ($3::uuid IS NULL OR (j.created_on, j.id) <
         (SELECT created_on, id FROM pgboss.job WHERE name = $1 AND id = $3::uuid))`,
      limit,
      state === undefined ? null : STATES[state],
      before ?? null,
    );
    return rows.map(readJob);
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #select(where: string, limit: number, ...values: unknown[]): Promise<Row[]> {
    return await this.#query(
      `SELECT j.id, j.data, j.state::text, j.output, j.retry_count, j.created_on, j.start_after, j.started_on,
         j.completed_on, p.worker, p.progress
       FROM pgboss.job j LEFT JOIN lookalike_job_progress p ON p.job = j.id
       WHERE j.name = $1 ${where} ORDER BY j.created_on DESC, j.id DESC LIMIT ${limit}`,
      QUEUE,
      ...values,
    );
  }

  async #query(sql: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#database.executeSql(sql, values)).rows;
  }

  /** All of it, or nothing if it throws. */
  async #together<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    const transaction = await this.#database.beginTransaction!();
    try {
      const result = await work(transaction.db);
      await transaction.commit();
      return result;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }
}

/** The attempt, and no later one. */
function fenced({ job, attempt }: Claim): { id: string; retryCount: number } {
  return { id: job.id, retryCount: attempt - 1 };
}

/** Whether it was still the attempt's job; pg-boss says so, and its types do not. */
function isHeld(response: { affected?: number }): boolean {
  return response.affected === 1;
}

function readJob(row: Row): Job {
  const time = (name: string) => row[name] === null ? null : (row[name] as Date).getTime();
  const state = Object.keys(STATES).find((state) =>
    STATES[state as JobState].includes(String(row["state"]))
  ) as JobState;
  const isBegun = row["started_on"] !== null;
  return {
    id: String(row["id"]),
    spec: jobSpecSchema.parse(row["data"]),
    state,
    attempts: Number(row["retry_count"]) + (isBegun ? 1 : 0),
    worker: row["worker"] === null ? null : String(row["worker"]),
    progress: row["progress"] as JobProgress | null,
    result: state === "done" ? row["output"] as JobResult : null,
    error: state === "done" ? null : errorOf(row["output"]),
    filed: time("created_on")!,
    due: time("start_after")!,
    started: time("started_on"),
    ended: time("completed_on"),
  };
}

/** Of an attempt that nobody ended, pg-boss says so in a shape of its own. */
function errorOf(output: unknown): string | null {
  if (typeof output !== "object" || output === null) return null;
  return "message" in output ? String(output.message) : LOST;
}

/** The same for the same key: RFC 9562's version 8. */
async function uuidOf(key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
  digest[6] = 0x80 | (digest[6]! & 0x0f);
  digest[8] = 0x80 | (digest[8]! & 0x3f);
  return digest.subarray(0, 16).toHex().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
