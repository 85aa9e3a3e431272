import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import type { Job } from "../../../shared/jobs/job.ts";
import type { JobQueue } from "../../../shared/jobs/job_queue.ts";
import { readCheckpoint } from "../../../trainer/checkpoint/run.ts";
import { openQueue } from "../../../trainer/retrain/open_queue.ts";
import { PHOTOS, runTask, startTask, withFolder } from "../commands/command_line.ts";

const STEPS = 35;
const OPTIONS = [
  ...["width=2", "size=32", "dim=8", "stem=cifar", "batch=8", "bn-splits=2", "queue=16", "epochs=5"],
  ...["workers=1", "checkpoint-minutes=0", "seed=3"],
];

interface Line {
  queue: JobQueue;
  work: string;
  file(...args: string[]): Promise<string>;
  startWorker(): ReturnType<typeof startTask>;
}

async function withQueue(test: (line: Line) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const store = `sqlite://${join(folder, "store.db")}`;
    const work = join(folder, "work");
    const queue = await openQueue(store);
    try {
      await test({
        ...{ queue, work },
        async file(...args) {
          const { code, stdout, stderr } = await runTask("retrain", "--store", store, ...args);
          assertEquals(code, 0, stderr);
          return JSON.parse(stdout).id;
        },
        startWorker: () =>
          startTask(
            "worker",
            ...["--store", store, "--work", work, "--sources", PHOTOS, "--poll-seconds", "1"],
            ...["--lease-seconds", "6", "--pause-seconds", "1"],
          ),
      });
    } finally {
      await queue.close();
    }
  });
}

/** Waits until it is so, for two minutes at most. */
async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(50)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`It must come to pass that ${what}: it has not in two minutes`);
}

const stepOf = async (run: string) => (await readCheckpoint(run).catch(() => undefined))?.progress.step ?? 0;

const ended = async (queue: JobQueue, id: string): Promise<Job | undefined> => {
  const job = await queue.get(id);
  return job && job.state !== "waiting" && job.state !== "running" ? job : undefined;
};

Deno.test("worker: a job whose worker is killed is taken up by another and goes on from its checkpoint", () =>
  withQueue(async ({ queue, work, file, startWorker }) => {
    const id = await file("--data", PHOTOS, "--until", "train", "--train", ...OPTIONS);
    const run = join(work, "runs", id);
    const killed = startWorker();
    await until("the run has begun", async () => await stepOf(run) >= 3);
    killed.child.kill("SIGKILL");
    await killed.ended;

    const next = startWorker();
    const job = await until("the job ends", () => ended(queue, id));
    next.child.kill("SIGTERM");
    assertEquals((await next.ended).code, 0);
    assertEquals([job.state, job.attempts, job.result?.["step"]], ["done", 2, STEPS]);
    assertEquals(job.progress?.curve?.at(-1)?.step, STEPS);

    // It went on; it did not begin again, and no step was made by both.
    const steps = (await Deno.readTextFile(join(run, "metrics.jsonl"))).trim().split("\n")
      .map((line) => JSON.parse(line).step as number);
    assertEquals(steps, [...new Set(steps)].sort((a, b) => a - b));
  }));

Deno.test("worker: a job that is cancelled stops training, and leaves its checkpoint", () =>
  withQueue(async ({ queue, work, file, startWorker }) => {
    const id = await file("--data", PHOTOS, "--until", "train", "--train", ...OPTIONS, "epochs=100000");
    const run = join(work, "runs", id);
    const worker = startWorker();
    await until("the run has begun", async () => await stepOf(run) >= 1);
    assertEquals((await queue.cancel(id))?.state, "cancelled");
    let before = -1;
    await until("training stops", async () => {
      const now = await stepOf(run);
      await delay(2000);
      return now === before || !(before = now);
    });
    worker.child.kill("SIGTERM");
    const { code, stderr } = await worker.ended;
    assertEquals(code, 0, stderr);
    assert(stderr.includes(`train ${id}: cancelled`), stderr);
    assertEquals((await queue.get(id))?.state, "cancelled");
  }));

Deno.test("worker: what no attempt can do fails at once, with the reason", () =>
  withQueue(async ({ queue, file, startWorker }) => {
    const elsewhere = await file("--data", "/etc", "--until", "train");
    const wrong = await file("--data", PHOTOS, "--until", "train", "--train", "batch=1000", "workers=1");
    const worker = startWorker();
    const [first, second] = [
      await until("it ends", () => ended(queue, elsewhere)),
      await until("it ends", () => ended(queue, wrong)),
    ];
    worker.child.kill("SIGTERM");
    await worker.ended;
    assertEquals([first.state, first.attempts, second.state, second.attempts], ["failed", 1, "failed", 1]);
    assert(first.error!.includes("the worker must be allowed to (--sources): received /etc"), first.error!);
    assert(second.error!.startsWith("Cannot train: at least one batch of 1000 pictures"), second.error!);
  }));
