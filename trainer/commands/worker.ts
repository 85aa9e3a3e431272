import { hostname } from "node:os";
import { resolve } from "@std/path";
import { Command, Option } from "commander";
import { type TrainJob, trainJobSchema } from "../../shared/jobs/job.ts";
import { QUEUE_TIMES } from "../../shared/jobs/job_queue.ts";
import { evaluateWork } from "../retrain/evaluate_work.ts";
import { exportWork } from "../retrain/export_work.ts";
import { SettingsError } from "../moco/settings.ts";
import { readJson } from "../files/read_json.ts";
import { fileWhenNew } from "../retrain/file_when_new.ts";
import { openQueue } from "../retrain/open_queue.ts";
import { Origins } from "../retrain/origins.ts";
import { publishWork } from "../retrain/publish_work.ts";
import { reembedWork } from "../retrain/reembed_work.ts";
import { trainWork } from "../retrain/train_work.ts";
import { WorkFolder } from "../retrain/work_folder.ts";
import { runWorker } from "../retrain/worker.ts";
import { positive } from "./option_values.ts";
import { storeOption } from "./queue_options.ts";
import { limitOption, openRegistry, readLimits } from "./registry_options.ts";

interface Options {
  store: string;
  work: string;
  sources: string[];
  registry?: string;
  heldOut?: string;
  limit?: Record<string, number>;
  urlsPerSecond: number;
  shardPictures: number;
  name?: string;
  retrainAfter?: number;
  retrainJob?: string;
  retrainMinutes: number;
  once: boolean;
  pollSeconds: number;
  leaseSeconds: number;
  pauseSeconds: number;
}

/** `deno task worker`: does the jobs of the queue, one at a time. */
export const workerCommand = new Command("worker")
  .description("Take jobs from the queue and do them (docs/retraining.md).")
  .addOption(storeOption())
  .option(
    "--work <dir>",
    "runs, bundles and what was fetched; the same for workers that go on for each other",
    ".retrain",
  )
  .option("--sources <place...>", "folders, files, buckets and lists that jobs may take pictures from", [])
  .addOption(
    new Option("--registry <place>", "where bundles are published: a folder, or s3://bucket/prefix")
      .env("REGISTRY"),
  )
  .option("--held-out <dir>", "pictures that the gate holds bundles against the current one on")
  .addOption(limitOption())
  .option(
    "--urls-per-second <number>",
    "most pictures that it fetches to embed collections anew",
    positive,
    5,
  )
  .option("--shard-pictures <pictures>", "of collections that are embedded in one job", positive, 2000)
  .option("--name <name>", "says whose a job is; host and process, unless told otherwise")
  .option("--retrain-after <pictures>", "file a training when so many are new since the latest", positive)
  .option("--retrain-job <file>", "that training: JSON as POST /v1/jobs takes it")
  .option("--retrain-minutes <minutes>", "time between two looks", positive, 10)
  .option("--once", "end when nothing is due", false)
  .option("--poll-seconds <seconds>", "time between two looks at an empty queue", positive, 5)
  .option(
    "--lease-seconds <seconds>",
    "silence after which a worker has lost its job",
    positive,
    QUEUE_TIMES.leaseSeconds,
  )
  .option(
    "--pause-seconds <seconds>",
    "pause after a first attempt that failed",
    positive,
    QUEUE_TIMES.pauseSeconds,
  )
  .action(async (options: Options) => {
    const {
      store,
      work: folder,
      sources,
      name = `${hostname()}-${Deno.pid}`,
      once,
      pollSeconds,
      heldOut,
      limit = {},
    } = options;
    readLimits(limit);
    const { retrainAfter: atLeast, retrainJob, retrainMinutes } = options;
    const spec = await readJob(atLeast, retrainJob);
    const queue = await openQueue(store, options);
    const work = new WorkFolder(resolve(folder));
    const registry = options.registry ? openRegistry(options.registry) : undefined;
    const origins = new Origins(work, registry);
    const allowed = sources.map(absolute);
    const controller = new AbortController();
    const stop = () => controller.abort();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
    const log = (line: string) => console.error(`${new Date().toISOString()} ${line}`);
    log(`${name} is ready`);
    const look = async () => {
      const job = await fileWhenNew(queue, spec!, {
        atLeast: atLeast!,
        work,
        allowed,
        signal: controller.signal,
      });
      if (job?.state === "waiting") log(`train ${job.id}: filed, since there are new pictures`);
    };
    const lookAndLog = () => look().catch((error) => log(`Cannot look for new pictures: ${error.message}`));
    if (spec) await lookAndLog();
    const looking = spec && setInterval(lookAndLog, retrainMinutes * 60_000);
    try {
      await runWorker({
        ...{ queue, name, pollSeconds, once, log, signal: controller.signal },
        works: {
          train: trainWork(work, allowed, origins),
          export: exportWork(work, origins),
          ...registry && heldOut
            ? {
              evaluate: evaluateWork(work, {
                registry: absolute(options.registry!),
                heldOut: resolve(heldOut),
                limits: Object.entries(limit).map(([name, value]) => `${name}=${value}`),
              }),
            }
            : {},
          ...registry
            ? {
              publish: publishWork(work, registry),
              reembed: reembedWork(work, {
                ...{ store, registry: absolute(options.registry!), sources: allowed },
                ...{ perSecond: options.urlsPerSecond, shardPictures: options.shardPictures },
              }),
            }
            : {},
        },
      });
    } finally {
      clearInterval(looking);
      for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
      await queue.close();
    }
  });

/** Commands run in another folder. */
function absolute(place: string): string {
  return /^[a-z0-9]+:\/\//.test(place) ? place : resolve(place);
}

/** The training that is filed when there are new pictures; undefined if none is. */
async function readJob(atLeast: number | undefined, file: string | undefined): Promise<TrainJob | undefined> {
  if (atLeast === undefined && file === undefined) return undefined;
  if (atLeast === undefined || file === undefined) {
    throw new SettingsError(
      "Cannot start: --retrain-after and --retrain-job are required together: received one",
    );
  }
  return await readJson(file, trainJobSchema, "--retrain-job", "a training, as POST /v1/jobs takes it,");
}
