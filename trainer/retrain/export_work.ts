import { join } from "@std/path";
import { z } from "zod";
import type { JobSpec } from "../../shared/jobs/job.ts";
import { exists } from "../files/exists.ts";
import type { Origins } from "./origins.ts";
import { optionArguments, runStage } from "./run_stage.ts";
import type { WorkFolder } from "./work_folder.ts";
import type { Work } from "./worker.ts";

/** What a job shows of a bundle. */
const manifestSchema = z.object({
  id: z.string(),
  quantization: z.record(z.string(), z.unknown()).optional(),
});

/** Makes a bundle of a run. */
export function exportWork(work: WorkFolder, origins: Origins): Work<Extract<JobSpec, { kind: "export" }>> {
  return async function exportRun({ id, spec }, context) {
    const bundle = work.bundle(id);
    const manifest = join(bundle, "manifest.json");
    // It is written whole or not at all.
    if (!await exists(manifest)) {
      const args = ["--run", work.run(spec.run), "--out", bundle, ...optionArguments(spec.export)];
      await runStage("export", args, context);
    }
    const { id: bundleId, quantization } = manifestSchema.parse(
      JSON.parse(await Deno.readTextFile(manifest)),
    );
    await origins.note(bundleId, spec.run);
    return {
      result: { bundle: bundleId, quantization },
      next: spec.until === "export" ? [] : [{ kind: "evaluate", until: spec.until, bundle: id }],
    };
  };
}
