import { join } from "@std/path";
import { Command, Option } from "commander";
import { type Manifest, manifestSchema } from "../../shared/bundle.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { EvaluationError } from "../evaluate/error.ts";
import { type CopyEvaluation, evaluateCopy } from "../evaluate/copy/evaluate_copy.ts";
import { openTarget } from "../evaluate/target.ts";
import { readBundle } from "../onnx/bundle_folder.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import type { Device } from "../tensorflow/paths.ts";
import { positive, whole } from "./option_values.ts";

interface Options {
  data: string;
  distractors?: string;
  originals: number;
  seed: number;
  device?: Device;
}

/**
 * `deno task calibrate BUNDLE --data DIR`: makes the similarity at which 99 % of what is found are copies the bundle's
 * threshold, measured on edited pictures. The bundle's id, and so what is cached, stays.
 */
export const calibrateCommand = new Command("calibrate")
  .description("Set a bundle's copy threshold by edited copies of pictures.")
  .argument("<bundle>", "a bundle's folder")
  .requiredOption("--data <dir>", "originals (folder, .tar or module); none that training saw")
  .option("--distractors <dir>", "pictures whose edits have no original (a fifth of --data)")
  .option("--originals <number>", "most of them", positive, 500)
  .option("--seed <number>", "decides the edits", whole, 0)
  .addOption(new Option("--device <device>", "fail unless this device is there").choices(["cpu", "gpu"]))
  .action(async (folder: string, { device, ...request }: Options) => {
    const { manifest } = await readBundle(folder);
    const { tf } = await loadTensorFlow(device);
    const measured = await evaluateCopy(tf, await openTarget(tf, folder, { untrained: false }), request);
    const similarity = similarityOf(measured);
    const json = JSON.stringify(manifestSchema.parse({ ...manifest, similarity }), null, 2) + "\n";
    await writeAtomically(join(folder, "manifest.json"), json);
    console.log(JSON.stringify(similarity, null, 2));
  });

/** @throws {EvaluationError} if no threshold reaches 99 % */
function similarityOf(measured: CopyEvaluation): Manifest["similarity"] {
  const { originals, queries, differentPairsAbove, plain: { at99, at999 } } = measured;
  if (!Number.isFinite(at99.threshold)) {
    throw new EvaluationError(
      "Cannot calibrate: a threshold at which 99 % of what is found are copies is required: none reaches that",
    );
  }
  const points = [{ precision: 0.99, ...at99 }, { precision: 0.999, ...at999 }];
  return {
    ...{ copyThreshold: at99.threshold, differentPairsAbove, pairs: originals * (originals - 1) / 2 },
    copies: { originals, queries, thresholds: points.filter(({ threshold }) => Number.isFinite(threshold)) },
  };
}
