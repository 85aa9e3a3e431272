import { join } from "@std/path";
import type { TrainJob } from "../../shared/jobs/job.ts";
import { readCheckpoint } from "../checkpoint/run.ts";
import { exists } from "../files/exists.ts";
import { readCurve } from "./command_progress.ts";
import { listForTraining } from "./list_pictures.ts";
import type { Origins } from "./origins.ts";
import { optionArguments, runStage } from "./run_stage.ts";
import type { WorkFolder } from "./work_folder.ts";
import type { Work } from "./worker.ts";

/** Options of a job that hold also for a run that goes on; the others are the run's own. */
const FREE_OPTIONS = ["device", "workers", "cache-mb", "checkpoint-minutes"] as const;

/**
 * Trains a run, or goes on with the one that an earlier attempt has begun.
 *
 * @param allowed where pictures may be taken from
 */
export function trainWork(work: WorkFolder, allowed: readonly string[], origins: Origins): Work<TrainJob> {
  return async function train({ id, spec }, context) {
    const run = work.run(id);
    const more = async () => ({ curve: await readCurve(run) });
    if (await exists(join(run, "checkpoint.json"))) {
      const free = Object.fromEntries(FREE_OPTIONS.map((name) => [name, spec.options[name]]));
      await runStage("train", ["--resume", run, ...optionArguments(free)], context, { more });
    } else {
      if (await exists(run)) await Deno.remove(run, { recursive: true }); // without a checkpoint it is nothing yet
      const isOfItsOwn = spec.start === "scratch" && spec.oldPerNew === undefined;
      const published = isOfItsOwn ? undefined : await origins.published();
      await listForTraining({ id, spec }, { work, allowed, published, context });
      const args = [
        ...["--data", work.pictures(id), "--out", run],
        ...spec.preset === undefined ? [] : ["--preset", spec.preset],
        ...published === undefined || spec.start === "scratch" ? [] : ["--from", work.run(published)],
        ...optionArguments(spec.options),
      ];
      await runStage("train", args, context, { more });
    }
    const { progress } = await readCheckpoint(run);
    context.report({ share: 1, note: `${progress.step} steps`, ...await more() });
    return {
      result: { run: id, ...progress },
      next: spec.until === "train"
        ? []
        : [{ kind: "export", until: spec.until, run: id, export: spec.export }],
    };
  };
}
