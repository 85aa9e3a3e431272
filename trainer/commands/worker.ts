import { hostname } from "node:os";
import { resolve } from "@std/path";
import { Command } from "commander";
import { QUEUE_TIMES } from "../../shared/jobs/job_queue.ts";
import { exportWork } from "../retrain/export_work.ts";
import { openQueue } from "../retrain/open_queue.ts";
import { Origins } from "../retrain/origins.ts";
import { trainWork } from "../retrain/train_work.ts";
import { WorkFolder } from "../retrain/work_folder.ts";
import { runWorker } from "../retrain/worker.ts";
import { positive } from "./option_values.ts";
import { storeOption } from "./queue_options.ts";

interface Options {
  store: string;
  work: string;
  sources: string[];
  name: string;
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
  .option("--name <name>", "says whose a job is", `${hostname()}-${Deno.pid}`)
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
  .action(async ({ store, work: folder, sources, name, once, pollSeconds, ...times }: Options) => {
    const queue = await openQueue(store, times);
    const work = new WorkFolder(resolve(folder));
    const origins = new Origins(work, undefined);
    const allowed = sources.map((place) => /^[a-z0-9]+:\/\//.test(place) ? place : resolve(place));
    const controller = new AbortController();
    const stop = () => controller.abort();
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
    const log = (line: string) => console.error(`${new Date().toISOString()} ${line}`);
    log(`${name} is ready`);
    try {
      await runWorker({
        ...{ queue, name, pollSeconds, once, log, signal: controller.signal },
        works: { train: trainWork(work, allowed, origins), export: exportWork(work, origins) },
      });
    } finally {
      for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
      await queue.close();
    }
  });
