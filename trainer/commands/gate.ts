import { dirname, resolve } from "@std/path";
import { Command, Option } from "commander";
import { describeRefusal } from "../../shared/registry/comparison.ts";
import { RefusedCandidateError } from "../../shared/registry/errors.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import type { LabelScheme } from "../evaluate/labels.ts";
import { compareBundles } from "../retrain/gate.ts";
import { formatComparison } from "../retrain/format_comparison.ts";
import { openHeldOut } from "../retrain/held_out.ts";
import { COPY_ORIGINALS } from "../retrain/measure_bundle.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import { positive } from "./option_values.ts";
import { limitOption, openRegistry, readLimits, registryOption } from "./registry_options.ts";

interface Options {
  registry: string;
  heldOut: string;
  labels?: LabelScheme;
  originals: number;
  limit?: Record<string, number>;
  out?: string;
}

/** `deno task gate BUNDLE`: whether a bundle may follow the registry's current one. */
export const gateCommand = new Command("gate")
  .description("Hold a bundle against the registry's current one, on pictures that neither was trained on.")
  .argument("<bundle>", 'the candidate\'s folder (of "deno task export")')
  .addOption(registryOption())
  .requiredOption("--held-out <dir>", "the pictures (folder, .tar or module), the same every time")
  .addOption(
    new Option(
      "--labels <scheme>",
      "where their classes are written, for kNN; by default where they are found",
    )
      .choices(["folder", "name-prefix"]),
  )
  .option("--originals <number>", "most pictures whose edited copies are looked up", positive, COPY_ORIGINALS)
  .addOption(limitOption())
  .option("--out <file>", "where the comparison goes, as JSON, also if it is a refusal")
  .action(
    async (candidate: string, { registry: place, labels, originals, limit, out, ...options }: Options) => {
      const limits = readLimits(limit);
      if (out) await Deno.mkdir(dirname(resolve(out)), { recursive: true });
      const registry = openRegistry(place);
      const entry = (await registry.state()).bundles.at(-1);
      const current = entry && await registry.read(entry.id, entry);
      const heldOut = await openHeldOut(options.heldOut, labels);
      const { tf } = await loadTensorFlow();
      const comparison = await compareBundles(tf, { candidate, current, heldOut, limits, originals });
      console.log(formatComparison(comparison));
      if (out) await writeAtomically(resolve(out), JSON.stringify(comparison, null, 2) + "\n");
      if (comparison.passed) return;
      throw new RefusedCandidateError(
        `Cannot let the bundle pass: every figure must be what is required: ${
          describeRefusal(comparison).join("; ")
        }`,
      );
    },
  );
