import type { Job, TrainJob } from "../../shared/jobs/job.ts";
import type { JobQueue } from "../../shared/jobs/job_queue.ts";
import { countNew } from "./list_pictures.ts";
import type { WorkFolder } from "./work_folder.ts";

/** Done jobs among which the latest training is looked for. */
const LOOKED_AT = 500;

/**
 * Files a training if its sources have so many pictures that the latest one had not. It is filed once, however many workers
 * look; after one that fails it is for a person to say what next.
 *
 * @returns the job; undefined if there are too few
 */
export async function fileWhenNew(
  queue: JobQueue,
  spec: TrainJob,
  { atLeast, ...where }: {
    atLeast: number;
    work: WorkFolder;
    allowed: readonly string[];
    signal: AbortSignal;
  },
): Promise<Job | undefined> {
  const done = await queue.list({ state: "done", limit: LOOKED_AT });
  const since = done.find(({ spec: { kind } }) => kind === "train")?.id;
  if (await countNew(spec.data, { ...where, since }) < atLeast) return undefined;
  return await queue.file(spec, `new pictures since ${since ?? "the beginning"}`);
}
