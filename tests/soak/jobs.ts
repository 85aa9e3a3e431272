import { delay } from "@std/async/delay";
import { fromFileUrl, join } from "@std/path";
import { jobSpecSchema } from "../../shared/jobs/job.ts";
import { openQueue } from "../../trainer/retrain/open_queue.ts";
import { startPostgres } from "../functions/store/postgres_server.ts";

const WORKER = fromFileUrl(new URL("./jobs/worker_process.ts", import.meta.url));
const WORKERS = 3;
/** Longest time without a job that ends, in milliseconds. */
const PATIENCE = 120_000;

/**
 * `deno task soak jobs [count] [seconds]`: files jobs in PostgreSQL, half of which another follows, for three workers of which
 * one is killed with SIGKILL every so many seconds. It fails unless every job is done once, with its effect, and everyone
 * that is to be followed is followed by one.
 */
export async function run([count = "1000", every = "1.5"]: string[]): Promise<void> {
  const total = Number(count);
  const server = await startPostgres();
  const folder = await Deno.makeTempDir();
  const queue = await openQueue(server.url, { leaseSeconds: 10, pauseSeconds: 1 });
  const started = performance.now();
  for (let i = 0; i < total / 2; i++) {
    await queue.file(jobSpecSchema.parse({ kind: "publish", until: "reembed", bundle: crypto.randomUUID() }));
  }
  let names = 0;
  const start = () =>
    new Deno.Command("deno", {
      args: ["run", "-A", WORKER, server.url, folder, `worker-${++names}`],
      stdout: "null",
      stderr: "null",
    }).spawn();
  const workers = Array.from({ length: WORKERS }, start);
  let kills = 0;
  const all = () => queue.list({ limit: 2 * total });
  const isOver = (jobs: Awaited<ReturnType<typeof all>>) =>
    jobs.length >= total && jobs.every(({ state }) => state !== "waiting" && state !== "running");
  let jobs = await all();
  for (let left = 0, last = Date.now(); !isOver(jobs); jobs = await all()) {
    const now = jobs.filter(({ state }) => state === "done").length;
    if (now !== left) [left, last] = [now, Date.now()];
    if (Date.now() - last > PATIENCE) throw new Error(`Jobs must end: ${left} of ${total} have`);
    await delay(Number(every) * 1000 * (0.5 + Math.random()));
    const index = Math.floor(Math.random() * WORKERS);
    workers[index]!.kill("SIGKILL");
    await workers[index]!.status;
    kills++;
    workers[index] = start();
  }
  for (const worker of workers) worker.kill("SIGKILL");
  await Promise.all(workers.map(({ status }) => status));
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  const effects = files.filter((name) => name.endsWith(".effect")).length;
  const begun = files.filter((name) => name.endsWith(".begun"))
    .reduce((sum, name) => sum + Deno.readTextFileSync(join(folder, name)).trim().split("\n").length, 0);
  const counts = Map.groupBy(jobs, ({ spec: { kind }, state }) => `${kind} ${state}`);
  console.log(
    `${jobs.length} jobs, ${kills} workers killed, ${((performance.now() - started) / 1000).toFixed(0)} s
${[...counts].map(([name, found]) => `- ${name}: ${found.length}`).join("\n")}
- effects: ${effects}
- attempts: ${begun}; jobs that needed more than one: ${jobs.filter(({ attempts }) => attempts > 1).length}`,
  );
  await queue.close();
  await server.close();
  await Deno.remove(folder, { recursive: true });
  const isRight = jobs.length === total && effects === total &&
    counts.get("publish done")?.length === total / 2 &&
    counts.get("reembed done")?.length === total / 2;
  if (!isRight) {
    throw new Error("Every job must be done once, with its effect, and followed once: it was not so");
  }
}
