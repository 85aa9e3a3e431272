import { z } from "zod";
import { shardSchema } from "../shard.ts";

/** What there is to do, in the order in which a retraining goes through it. */
export const JOB_KINDS = ["train", "export", "evaluate", "publish", "reembed"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Options of `deno task train` that a job may set: none that names a file, or a module, which would be run. */
const TRAIN_OPTIONS = [
  ...["epochs", "minutes", "architecture", "width", "stem", "pooling", "head", "dim", "views", "key-views"],
  ...["size", "batch", "bn-splits", "queue", "key-momentum", "temperature", "entropy-weight", "entropy-ramp"],
  ...[
    "symmetric",
    "precision",
    "learning-rate",
    "schedule",
    "sgd-momentum",
    "weight-decay",
    "held-out",
    "skip-own-keys",
  ],
  ...["knn-epochs", "seed", "device", "workers", "cache-mb", "checkpoint-minutes"],
] as const;

/** Of `deno task export`. */
const EXPORT_OPTIONS = [
  ...["layer", "pooling", "size", "whiten", "dimensions", "int8-target", "calibration", "held-out-minimum"],
  "minimum-agreement",
] as const;

/** A value on a command line; a slash or a colon could make it a path or a module. */
const optionValue = z.union([z.number(), z.boolean(), z.string().max(64).regex(/^[\w.-]+$/)]);

function options<const Name extends string>(names: readonly Name[]) {
  return z.partialRecord(z.enum(names), optionValue);
}

/** A job of another's folder: the run of a `train`, or the bundle of an `export`. */
const jobId = z.uuid().meta({ description: "Of the job that made it." });

const exportOptions = options(EXPORT_OPTIONS).default({}).meta({
  description: "Options of `deno task export`, without the dashes.",
});

function until(kind: JobKind) {
  return z.enum(JOB_KINDS).default(kind)
    .refine(
      (last) => JOB_KINDS.indexOf(last) >= JOB_KINDS.indexOf(kind),
      `must be ${kind} or what follows it`,
    )
    .meta({ description: "The last of the jobs that follow, each filed when the one before is done." });
}

export const trainJobSchema = z.strictObject({
  kind: z.literal("train"),
  until: until("train"),
  data: z.array(z.string().min(1).max(1024)).min(1).max(32).meta({
    description:
      "Where pictures are: folders, `.tar` files and lists of URLs (`.txt`) of the worker's machine, `s3://bucket/prefix`, lists at `https://host/urls.txt`. A worker takes those only that it was told to.",
  }),
  start: z.enum(["published", "scratch"]).default("published").meta({
    description: "Which weights it begins with: the published run's, where there is one, or none.",
  }),
  oldPerNew: z.number().min(0).max(1000).optional().meta({
    description:
      "Of the pictures that the published run was trained on, so many for each that is new; all of them unless given.",
  }),
  preset: z.string().max(64).regex(/^[a-z0-9-]+$/).optional().meta({ description: "Of `deno task train`." }),
  options: options(TRAIN_OPTIONS).default({}).meta({
    description: "Options of `deno task train`, without the dashes.",
  }),
  export: exportOptions,
});
export type TrainJob = z.infer<typeof trainJobSchema>;

/** What to do, as it was filed. */
export const jobSpecSchema = z.discriminatedUnion("kind", [
  trainJobSchema,
  z.strictObject({ kind: z.literal("export"), until: until("export"), run: jobId, export: exportOptions }),
  z.strictObject({ kind: z.literal("evaluate"), until: until("evaluate"), bundle: jobId }),
  z.strictObject({ kind: z.literal("publish"), until: until("publish"), bundle: jobId }),
  z.strictObject({
    kind: z.literal("reembed"),
    until: until("reembed"),
    shard: shardSchema.optional().meta({
      description: "A part of the pictures of all collections; without it, the job files one for each part.",
    }),
  }),
]).meta({ id: "JobSpec" });
export type JobSpec = z.infer<typeof jobSpecSchema>;

/** `failed`: a dead letter, which nobody tries again by himself. */
export const JOB_STATES = ["waiting", "running", "done", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** How far a running job is. */
export const progressSchema = z.object({
  share: z.number().min(0).max(1).nullable().meta({ description: "Null where it is not known." }),
  note: z.string().meta({ description: "For people.", examples: ["steps 1200/8700 | loss 5.913"] }),
  curve: z.array(z.object({
    step: z.int().nonnegative(),
    loss: z.number(),
    accuracy: z.number().meta({ description: "Share of queries whose own key came first." }),
    knn: z.number().optional().meta({ description: "Accuracy of kNN, where it was measured." }),
  })).max(200).optional().meta({ description: "Of a training: the run's curve, thinned out." }),
}).meta({ id: "JobProgress" });
export type JobProgress = z.infer<typeof progressSchema>;

/** What a job made or found; plain JSON. */
export type JobResult = { [key: string]: unknown };

/** A job as the queue has it. */
export interface Job {
  id: string;
  spec: JobSpec;
  state: JobState;
  /** How often it was begun. */
  attempts: number;
  /** Who has it, or had it last. */
  worker: string | null;
  progress: JobProgress | null;
  /** Of a job that is done. */
  result: JobResult | null;
  /** Why the latest attempt failed. */
  error: string | null;
  /** Milliseconds since 1970, as all times here. */
  filed: number;
  /** When it may be begun, or begun again. */
  due: number;
  /** Of the latest attempt. */
  started: number | null;
  ended: number | null;
}
