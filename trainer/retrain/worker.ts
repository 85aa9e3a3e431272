import { delay } from "@std/async/delay";
import type { Job, JobKind, JobProgress, JobResult, JobSpec } from "../../shared/jobs/job.ts";
import type { Claim, JobQueue } from "../../shared/jobs/job_queue.ts";

/** What a job's work is told, and may tell. */
export interface JobContext {
  /** Ends the work: the job was cancelled or is another's now, or the worker is about to stop. */
  signal: AbortSignal;
  report(progress: JobProgress): void;
}

/** What became of a job, and what follows. */
export interface Outcome {
  result: JobResult;
  next?: JobSpec[];
}

/** Does a job of its kind. It may be done more than once, after an attempt that ended anywhere. */
export type Work<Spec extends JobSpec = JobSpec> = (
  job: Omit<Job, "spec"> & { spec: Spec },
  context: JobContext,
) => Promise<Outcome>;

export type Works = { [Kind in JobKind]?: Work<Extract<JobSpec, { kind: Kind }>> };

/** The job cannot be done, however often it is tried. */
export class FinalError extends Error {
  override name = "FinalError";
}

/** Names of other errors that would be the same the next time, of this process and of commands. */
export const FINAL_ERRORS: ReadonlySet<string> = new Set([
  "SettingsError",
  "ExportError",
  "EvaluationError",
  "RefusedCandidateError",
  "BundleError",
  "EncoderError",
]);

/** The job is no longer this worker's. */
class LostError extends Error {
  override name = "LostError";
}

export interface WorkerOptions {
  queue: JobQueue;
  /** Jobs of other kinds fail. */
  works: Works;
  /** Says whose a job is. */
  name: string;
  /** How long to wait before asking again when there was nothing to do. */
  pollSeconds: number;
  /** Ends the worker; the job that it has goes back. */
  signal: AbortSignal;
  /** Ends it when nothing is due. */
  once: boolean;
  log: (line: string) => void;
}

/** Signs of life in the time after which the job would be lost without one. */
const BEATS = 6;

/**
 * Takes jobs, one at a time, until it is told to end. The work is done in processes of its own, so that nothing keeps it from
 * saying that it lives.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { queue, name, pollSeconds, signal, once, log } = options;
  while (!signal.aborted) {
    const claim = await queue.claim(name).catch((error) => log(`Cannot ask the queue: ${error.message}`));
    if (claim) await doJob(claim, options);
    else if (once) return;
    else await delay(pollSeconds * 1000, { signal }).catch(() => {});
  }
}

async function doJob(claim: Claim, { queue, works, signal, log }: WorkerOptions): Promise<void> {
  const { job, attempt } = claim;
  const what = `${job.spec.kind} ${job.id}`;
  log(`${what}: attempt ${attempt}`);
  const held = holdJob(queue, claim, log);
  const either = AbortSignal.any([signal, held.signal]);
  try {
    const work = works[job.spec.kind] as Work | undefined;
    if (!work) {
      throw new FinalError(
        `Cannot ${job.spec.kind}: the worker must do such jobs (evaluate with --registry and --held-out, publish and reembed with --registry): it does not`,
      );
    }
    const { result, next } = await work(job, { signal: either, report: held.report });
    await held.end();
    const isDone = await queue.complete(claim, result, next);
    const follows = next?.[0]
      ? `, ${next[0].kind} follows${next.length > 1 ? ` in ${next.length} parts` : ""}`
      : "";
    log(isDone ? `${what}: done${follows}` : `${what}: no longer this worker's`);
  } catch (error) {
    await held.end();
    if (held.signal.aborted) return log(`${what}: ${held.signal.reason.message}`);
    const reason = signal.aborted
      ? "the worker was stopped"
      : error instanceof Error
      ? error.message
      : String(error);
    await queue.fail(claim, reason, signal.aborted || !isFinal(error));
    log(`${what}: ${reason}`);
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof FinalError || (error instanceof Error && FINAL_ERRORS.has(error.name));
}

/** Says again and again that the worker lives, until it is heard that the job is not its own any more. */
function holdJob(queue: JobQueue, claim: Claim, log: (line: string) => void) {
  const lost = new AbortController();
  let progress: JobProgress | undefined;
  let heard = Date.now();
  const beat = async () => {
    const told = progress;
    progress = undefined;
    try {
      if (!await queue.heartbeat(claim, told)) {
        lost.abort(new LostError("cancelled, or another worker's now"));
      }
      heard = Date.now();
    } catch (error) {
      progress ??= told;
      log(`Cannot reach the queue: ${error instanceof Error ? error.message : error}`);
      if (Date.now() - heard > queue.leaseSeconds * 1000) {
        lost.abort(new LostError("the queue was out of reach"));
      }
    }
  };
  let beating = Promise.resolve();
  const timer = setInterval(() => beating = beating.then(beat), queue.leaseSeconds / BEATS * 1000);
  return {
    signal: lost.signal,
    report: (told: JobProgress) => void (progress = told),
    async end() {
      clearInterval(timer);
      await beating;
      if (progress && !lost.signal.aborted) await beat();
    },
  };
}
