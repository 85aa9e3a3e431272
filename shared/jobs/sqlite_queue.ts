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

type Value = string | number | null;
type Row = Record<string, unknown>;

/** What the queue needs of `node:sqlite`'s `DatabaseSync`. */
export interface SqliteHandle {
  exec(sql: string): void;
  prepare(sql: string): { all(...values: Value[]): unknown[] };
  close(): void;
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  key TEXT UNIQUE,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  tries INTEGER NOT NULL, -- attempts since it was filed or last sent back by a person
  worker TEXT,
  progress TEXT,
  result TEXT,
  error TEXT,
  filed INTEGER NOT NULL,
  due INTEGER NOT NULL,
  lease INTEGER, -- until when the worker has it, unless it is heard from
  started INTEGER,
  ended INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_due ON jobs (due) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS jobs_by_lease ON jobs (lease) WHERE state = 'running';`;

/**
 * A queue in a SQLite file, which processes of one machine share: each call is one statement, or one transaction that has
 * the write lock from its beginning.
 */
export class SqliteQueue implements JobQueue {
  readonly leaseSeconds: number;
  readonly #database: SqliteHandle;
  readonly #now: () => number;
  /** The pause after so many tries, in milliseconds, as SQL. */
  readonly #pause: string;

  /**
   * @param database whose writers wait for each other (`PRAGMA busy_timeout`)
   * @param now milliseconds since 1970
   */
  constructor(
    database: SqliteHandle,
    { leaseSeconds, pauseSeconds }: QueueTimes = QUEUE_TIMES,
    now: () => number = Date.now,
  ) {
    this.leaseSeconds = leaseSeconds;
    this.#database = database;
    this.#now = now;
    this.#pause = `min(${LONGEST_PAUSE_SECONDS * 1000}, ${pauseSeconds * 1000} * (1 << min(tries - 1, 16)))`;
    database.exec(SCHEMA);
  }

  async file(spec: JobSpec, key?: string): Promise<Job> {
    return await this.#atOnce(() => this.#file(spec, key));
  }

  async claim(worker: string): Promise<Claim | undefined> {
    return await this.#atOnce(() => {
      this.#endLost();
      const now = this.#now();
      const [row] = this.#query(
        `UPDATE jobs SET state = 'running', attempts = attempts + 1, tries = tries + 1, worker = ?, lease = ?,
           started = ? WHERE number = (SELECT number FROM jobs WHERE state = 'waiting' AND due <= ?
           ORDER BY due, number LIMIT 1) RETURNING *`,
        worker,
        now + this.leaseSeconds * 1000,
        now,
        now,
      );
      return row && { job: readJob(row), attempt: Number(row["attempts"]) };
    });
  }

  async heartbeat(claim: Claim, progress?: JobProgress): Promise<boolean> {
    return await this.#atOnce(() =>
      this.#settle(
        claim,
        "lease = ?, progress = coalesce(?, progress)",
        this.#now() + this.leaseSeconds * 1000,
        progress ? JSON.stringify(progress) : null,
      )
    );
  }

  async complete(claim: Claim, result: JobResult, next: JobSpec[] = []): Promise<boolean> {
    return await this.#atOnce(() => {
      const held = this.#settle(
        claim,
        "state = 'done', result = ?, error = NULL, ended = ?",
        JSON.stringify(result),
        this.#now(),
      );
      if (held) { for (const spec of next) this.#file(spec); }
      return held;
    });
  }

  async fail(claim: Claim, error: string, again: boolean): Promise<boolean> {
    return await this.#atOnce(() => this.#settle(claim, ...this.#failure(error, again)));
  }

  async cancel(id: string): Promise<Job | undefined> {
    return await this.#atOnce(() => {
      this.#query(
        "UPDATE jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state IN ('waiting', 'running')",
        this.#now(),
        id,
      );
      return this.#get(id);
    });
  }

  async remove(id: string): Promise<void> {
    await Promise.try(() => this.#query("DELETE FROM jobs WHERE id = ?", id));
  }

  async retry(id: string): Promise<Job | undefined> {
    return await this.#atOnce(() => {
      this.#query(
        "UPDATE jobs SET state = 'waiting', tries = 0, due = ?, ended = NULL WHERE id = ? AND state = 'failed'",
        this.#now(),
        id,
      );
      return this.#get(id);
    });
  }

  async get(id: string): Promise<Job | undefined> {
    return await Promise.try(() => this.#get(id));
  }

  async list({ state, limit, before }: ListOptions): Promise<Job[]> {
    return await Promise.try(() =>
      this.#query(
        `SELECT * FROM jobs WHERE (?1 IS NULL OR state = ?1)
         AND (?2 IS NULL OR number < (SELECT number FROM jobs WHERE id = ?2)) ORDER BY number DESC LIMIT ?3`,
        state ?? null,
        before ?? null,
        limit,
      ).map(readJob)
    );
  }

  async close(): Promise<void> {
    await Promise.try(() => this.#database.close());
  }

  /** Attempts of which nothing was heard have failed. */
  #endLost(): void {
    const [set, ...values] = this.#failure(LOST, true);
    this.#query(`UPDATE jobs SET ${set} WHERE state = 'running' AND lease < ?`, ...values, this.#now());
  }

  /** What becomes of a job whose attempt failed. */
  #failure(error: string, again: boolean): [set: string, ...values: Value[]] {
    const isOver = again ? `tries >= ${MOST_ATTEMPTS}` : "TRUE";
    const now = this.#now();
    return [
      `state = iif(${isOver}, 'failed', 'waiting'), ended = iif(${isOver}, ?, NULL), error = ?, due = ? + ${this.#pause}`,
      ...[now, error, now],
    ];
  }

  #settle({ job, attempt }: Claim, set: string, ...values: Value[]): boolean {
    return this.#query(
      `UPDATE jobs SET ${set} WHERE id = ? AND state = 'running' AND attempts = ? RETURNING id`,
      ...values,
      job.id,
      attempt,
    ).length > 0;
  }

  #file(spec: JobSpec, key?: string): Job {
    const now = this.#now();
    this.#query(
      `INSERT INTO jobs (id, key, spec, state, attempts, tries, filed, due) VALUES (?, ?, ?, 'waiting', 0, 0, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
      crypto.randomUUID(),
      key ?? null,
      JSON.stringify(spec),
      now,
      now,
    );
    const [row] = this.#query(
      "SELECT * FROM jobs WHERE key = ?1 OR (?1 IS NULL AND number = last_insert_rowid())",
      key ?? null,
    );
    return readJob(row!);
  }

  #get(id: string): Job | undefined {
    const [row] = this.#query("SELECT * FROM jobs WHERE id = ?", id);
    return row && readJob(row);
  }

  #query(sql: string, ...values: Value[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  async #atOnce<Result>(work: () => Result): Promise<Result> {
    return await Promise.try(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }
}

function readJob(row: Row): Job {
  const text = (name: string) => row[name] === null ? null : String(row[name]);
  const time = (name: string) => row[name] === null ? null : Number(row[name]);
  const parsed = (name: string) => row[name] === null ? null : JSON.parse(String(row[name]));
  return {
    id: String(row["id"]),
    spec: jobSpecSchema.parse(parsed("spec")),
    state: String(row["state"]) as JobState,
    attempts: Number(row["attempts"]),
    worker: text("worker"),
    progress: parsed("progress") as JobProgress | null,
    result: parsed("result") as JobResult | null,
    error: text("error"),
    filed: Number(row["filed"]),
    due: Number(row["due"]),
    started: time("started"),
    ended: time("ended"),
  };
}
