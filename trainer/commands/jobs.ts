import { Argument, Command } from "commander";
import type { Job } from "../../shared/jobs/job.ts";
import { openQueue, QueueError } from "../retrain/open_queue.ts";
import { storeOption } from "./queue_options.ts";

const SHOWN = 50;

/** `deno task jobs`: what the queue has, and a say in it. */
export const jobsCommand = new Command("jobs")
  .description(
    "List the newest jobs, show one with all that is known of it, cancel it, or have one that failed tried again.",
  )
  .addOption(storeOption())
  .addArgument(
    new Argument("[action]", "what to do").choices(["list", "show", "cancel", "retry"]).default("list"),
  )
  .argument("[id]", "the job")
  .action(async (action: string, id: string | undefined, { store }: { store: string }) => {
    const queue = await openQueue(store);
    try {
      if (action === "list") {
        const jobs = await queue.list({ limit: SHOWN });
        if (jobs.length === 0) console.error("No job was filed yet");
        for (const job of jobs) console.log(describeJob(job));
        return;
      }
      const job = id === undefined
        ? undefined
        : action === "show"
        ? await queue.get(id)
        : action === "cancel"
        ? await queue.cancel(id)
        : await queue.retry(id);
      if (!job) {
        throw new QueueError(
          `Cannot ${action} the job: the id of one in the queue is required: received ${id ?? "none"}`,
        );
      }
      console.log(action === "show" ? JSON.stringify(job, null, 2) : describeJob(job));
    } finally {
      await queue.close();
    }
  });

function describeJob({ id, spec: { kind }, state, attempts, filed, progress, error }: Job): string {
  const note = state === "running" ? progress?.note : error;
  return [
    new Date(filed).toISOString(),
    id,
    kind.padEnd(8),
    state.padEnd(9),
    `attempt ${attempts}`,
    note ?? "",
  ]
    .join("  ").trimEnd();
}
