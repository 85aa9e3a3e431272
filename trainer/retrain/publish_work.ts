import type { JobSpec } from "../../shared/jobs/job.ts";
import type { Registry } from "../../shared/registry/registry.ts";
import { readComparison } from "./evaluate_work.ts";
import { publishCandidate } from "./publish_candidate.ts";
import type { WorkFolder } from "./work_folder.ts";
import { FinalError, type Work } from "./worker.ts";

/** Puts a bundle into the registry, and makes it current if the gate has passed it; the job fails if it has not. */
export function publishWork(
  work: WorkFolder,
  registry: Registry,
): Work<Extract<JobSpec, { kind: "publish" }>> {
  return async function publish({ spec }) {
    const comparison = await readComparison(work.comparison(spec.bundle));
    if (!comparison) {
      throw new FinalError("Cannot publish: the gate must have looked at the bundle (evaluate): it has not");
    }
    const isCurrent = (await registry.state()).bundles.at(-1)?.id === comparison.candidate;
    const { id, refusal } = isCurrent
      ? { id: comparison.candidate, refusal: [] }
      : await publishCandidate(registry, work.bundle(spec.bundle), comparison);
    if (refusal.length > 0) {
      throw new FinalError(`Cannot make the bundle ${id} current: ${refusal.join("; ")}`);
    }
    return {
      result: { bundle: id },
      next: spec.until === "publish" ? [] : [{ kind: "reembed", until: "reembed" }],
    };
  };
}
