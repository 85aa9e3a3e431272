import { z } from "zod";
import { type Job, JOB_STATES, jobSpecSchema, progressSchema } from "./job.ts";

const time = z.iso.datetime();

/** A job as answers show it. */
export const jobSchema = z.object({
  object: z.literal("job"),
  id: z.uuid(),
  spec: jobSpecSchema.meta({ description: "What was filed, with the defaults." }),
  state: z.enum(JOB_STATES).meta({
    description: "`waiting` also between two attempts; `failed` is tried again by nobody.",
  }),
  attempts: z.int().nonnegative().meta({ description: "How often it was begun." }),
  worker: z.string().nullable().meta({ description: "Who has it, or had it last." }),
  progress: progressSchema.nullable(),
  result: z.record(z.string(), z.json()).nullable().meta({
    description: "What it made or found, once it is done.",
  }),
  error: z.string().nullable().meta({ description: "Why the latest attempt failed." }),
  filed: time,
  due: time.meta({ description: "When it may be begun, or begun again." }),
  started: time.nullable().meta({ description: "The latest attempt." }),
  ended: time.nullable(),
}).meta({ id: "Job" });
export type JobResponse = z.infer<typeof jobSchema>;

/** Answer of `GET /v1/jobs`: the newest first. */
export const jobsSchema = z.object({
  object: z.literal("list"),
  data: z.array(jobSchema),
  next: z.uuid().nullable().meta({ description: "Is `before` of the next page; null on the last." }),
}).meta({ id: "Jobs" });
export type JobsResponse = z.infer<typeof jobsSchema>;

export function jobResponse({ result, filed, due, started, ended, ...job }: Job): JobResponse {
  const text = (time: number | null) => time === null ? null : new Date(time).toISOString();
  return {
    object: "job",
    ...job,
    result: result as JobResponse["result"],
    ...{ filed: text(filed)!, due: text(due)!, started: text(started), ended: text(ended) },
  };
}
