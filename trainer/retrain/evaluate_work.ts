import type { JobSpec } from "../../shared/jobs/job.ts";
import { type Comparison, comparisonSchema, describeRefusal } from "../../shared/registry/comparison.ts";
import { exists } from "../files/exists.ts";
import { readBundle } from "../onnx/bundle_folder.ts";
import { runStage } from "./run_stage.ts";
import type { WorkFolder } from "./work_folder.ts";
import { FinalError, type JobContext, type Work } from "./worker.ts";

/** What bundles are held against, and on what. */
export interface GateSettings {
  /** Place of the registry. */
  registry: string;
  /** Folder of the held-out pictures. */
  heldOut: string;
  /** Other limits than the defaults, each `name=value`. */
  limits: string[];
}

/** Sets a bundle's thresholds and has the gate look at it. One that it refuses is published too, so that it can be seen why; it never becomes current. */
export function evaluateWork(
  work: WorkFolder,
  { registry, heldOut, limits }: GateSettings,
): Work<Extract<JobSpec, { kind: "evaluate" }>> {
  return async function evaluate({ spec }, context) {
    await calibrate(work.bundle(spec.bundle), heldOut, context);
    const out = work.comparison(spec.bundle);
    const before = await readComparison(out);
    const args = ["--registry", registry, "--held-out", heldOut, "--out", out];
    try {
      await runStage("gate", [
        work.bundle(spec.bundle),
        ...args,
        ...limits.length > 0 ? ["--limit", ...limits] : [],
      ], context);
    } catch (error) {
      const found = await readComparison(out);
      if (!(error instanceof FinalError) || !found || found.created === before?.created) throw error;
    }
    const comparison = await readComparison(out);
    if (!comparison) throw new Error(`Cannot evaluate: the gate must write ${out}: it has not`);
    return {
      result: { comparison, refusal: describeRefusal(comparison) },
      next: spec.until === "evaluate" ? [] : [{ kind: "publish", until: spec.until, bundle: spec.bundle }],
    };
  };
}

/** Sets a bundle's thresholds once. Where none tells copies from others, the gate has the figures for that. */
async function calibrate(folder: string, heldOut: string, context: JobContext): Promise<void> {
  const { manifest } = await readBundle(folder);
  if (manifest.similarity.copies) return;
  try {
    await runStage("calibrate", [folder, "--data", heldOut], context);
  } catch (error) {
    if (!(error instanceof FinalError)) throw error;
  }
}

/** @returns undefined if the gate has not written it */
export async function readComparison(path: string): Promise<Comparison | undefined> {
  if (!await exists(path)) return undefined;
  return comparisonSchema.parse(JSON.parse(await Deno.readTextFile(path)));
}
