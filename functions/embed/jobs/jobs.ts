import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { type Job, JOB_STATES, jobSpecSchema } from "../../../shared/jobs/job.ts";
import { jobResponse, type JobsResponse } from "../../../shared/jobs/job_api.ts";
import { parseJson, parseQuery } from "../collections/body.ts";
import { InvalidParameterError } from "../collections/errors.ts";
import { noQuerySchema } from "../collections/parameters.ts";
import { BodyTooLargeError, InvalidJsonError } from "../request_errors.ts";
import { JobEndedError, NoJobsError, UnknownJobError } from "./errors.ts";
import type { FiledJobs, Jobs } from "./open_jobs.ts";

const MOST_BYTES = 65_536;

const listQuerySchema = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  limit: z.string().regex(/^\d+$/, "must be a whole number").transform(Number)
    .pipe(z.int().min(1).max(100)).default(20),
  before: z.uuid().optional(),
});

export interface JobsOptions {
  /** Absent where there is no queue. */
  jobs: Jobs | undefined;
  /** What a request goes through first. */
  guard: MiddlewareHandler;
}

/** Jobs for the workers: filing, following and cancelling them. */
export function createJobs({ jobs, guard }: JobsOptions): Hono {
  const app = new Hono();
  const limit = bodyLimit({
    maxSize: MOST_BYTES,
    onError: () => {
      throw new BodyTooLargeError(
        `Cannot file the job: the body must have at most ${MOST_BYTES} bytes: received more`,
      );
    },
  });

  app.post("/v1/jobs", guard, limit, async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const spec = parseJson(jobSpecSchema, await readJson(c));
    const job = await (await queue()).file(spec, idempotencyKey(c));
    return answer(c, jobResponse(job), 202, { Location: `/v1/jobs/${job.id}` });
  });

  app.get("/v1/jobs", guard, async (c) => {
    const { limit, ...query } = parseQuery(listQuerySchema, c.req.query());
    const found = await (await queue()).list({ ...query, limit: limit + 1 });
    const data = found.slice(0, limit).map(jobResponse);
    const next = found.length > limit ? data.at(-1)!.id : null;
    return answer(c, { object: "list", data, next } satisfies JobsResponse);
  });

  app.get("/v1/jobs/:id", guard, async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const job = await (await queue()).get(c.req.param("id"));
    return answer(c, jobResponse(job ?? unknown(c)));
  });

  app.put("/v1/jobs/:id/cancelled", guard, async (c) => answer(c, jobResponse(await cancel(c))));

  app.delete("/v1/jobs/:id", guard, async (c) => {
    const job = await cancel(c);
    await (await queue()).remove(job.id);
    return answer(c, jobResponse(job));
  });

  const cancel = async (c: Context): Promise<Job> => {
    parseQuery(noQuerySchema, c.req.query());
    const job = await (await queue()).cancel(c.req.param("id")!) ?? unknown(c);
    if (job.state === "cancelled") return job;
    throw new JobEndedError(`Cannot cancel the job: it must not have ended: it is ${job.state}`);
  };

  const queue = async (): Promise<FiledJobs> => {
    if (jobs) return await jobs.queue();
    throw new NoJobsError("Cannot answer: there must be a queue that a worker finds: there is none here");
  };

  return app;
}

function answer(c: Context, body: object, status: 200 | 202 = 200, headers: Record<string, string> = {}) {
  return c.json(body, status, { "Cache-Control": "no-store", ...headers });
}

/**
 * The body, which must say that it is JSON: a page of strangers may send anything else to this machine without asking.
 *
 * @throws {InvalidJsonError}
 */
async function readJson(c: Context): Promise<unknown> {
  const type = c.req.header("Content-Type") ?? "none";
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new InvalidJsonError(
      `Cannot file the job: Content-Type must be application/json: received ${type}`,
    );
  }
  try {
    return await c.req.json();
  } catch (cause) {
    throw new InvalidJsonError("Cannot file the job: the body must be JSON: it cannot be parsed", { cause });
  }
}

/** @throws {InvalidParameterError} if it is none */
function idempotencyKey(c: Context): string | undefined {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined || /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new InvalidParameterError(
    "Cannot file the job: Idempotency-Key must be 1 to 200 characters without spaces: received another",
    { param: "Idempotency-Key" },
  );
}

function unknown(c: Context): never {
  throw new UnknownJobError(
    `Cannot answer: the job must be in the queue: there is no ${JSON.stringify(c.req.param("id"))}`,
    { param: "id" },
  );
}
