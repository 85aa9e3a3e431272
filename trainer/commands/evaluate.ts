import { Command, Option } from "commander";
import { evaluateCopy } from "../evaluate/copy/evaluate_copy.ts";
import { formatCopyEvaluation } from "../evaluate/copy/report.ts";
import { EvaluationError } from "../evaluate/error.ts";
import { evaluate, type Task, TASKS } from "../evaluate/evaluate.ts";
import type { LabelScheme } from "../evaluate/labels.ts";
import { type Evaluated, formatEvaluation } from "../evaluate/report.ts";
import { openTarget } from "../evaluate/target.ts";
import type { Layer } from "../onnx/float_graph.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import type { Device } from "../tensorflow/paths.ts";
import { positive, whole } from "./option_values.ts";

interface Options {
  data: string;
  test?: string;
  task: (Task | "copy")[];
  labels?: LabelScheme;
  distractors?: string;
  originals: number;
  seed: number;
  layer?: Layer;
  untrained: boolean;
  device?: Device;
  json: boolean;
}

/**
 * `deno task evaluate TARGET --data DIR`: what an encoder's embeddings say of classes it was not told, or how well they
 * find edited copies.
 */
export const evaluateCommand = new Command("evaluate")
  .description(
    "Measure an encoder on pictures whose classes are known (weighted kNN, linear probe, collapse), or on edited copies.",
  )
  .argument("<target>", 'a run\'s folder (of "deno task train") or a bundle\'s (of "deno task export")')
  .requiredOption(
    "--data <dir>",
    "pictures to learn from (folder, .tar or module), a fifth of each class is tested with; copy: originals",
  )
  .addOption(
    new Option("--task <task...>", "what to measure: copy, or any of the others").choices([...TASKS, "copy"])
      .default([...TASKS]),
  )
  .option("--test <dir>", "pictures of the same classes to test with instead")
  .addOption(
    new Option(
      "--labels <scheme>",
      "class = the picture's folder, or its name before _image; by default what fits",
    )
      .choices(["folder", "name-prefix"]),
  )
  .option("--distractors <dir>", "copy: pictures whose edits have no original (a fifth of --data)")
  .option("--originals <number>", "copy: most of them", positive, 500)
  .option("--seed <number>", "copy: decides the edits", whole, 0)
  .addOption(
    new Option("--layer <layer>", "a run's pooled features (the default), or its head's output")
      .choices(["backbone", "projection"]),
  )
  .option("--untrained", "the same network with the weights that its training began with", false)
  .addOption(new Option("--device <device>", "fail unless this device is there").choices(["cpu", "gpu"]))
  .option("--json", "print JSON", false)
  .action(async (folder: string, options: Options) => {
    const { data, test, task, labels, distractors, originals, seed, layer, untrained, device, json } =
      options;
    const tasks = task.filter((each) => each !== "copy");
    const copies = tasks.length < task.length;
    if (copies && (tasks.length > 0 || test !== undefined || labels !== undefined)) {
      throw new EvaluationError("Cannot evaluate: copy must be asked for alone, without --test and --labels");
    }
    const { tf } = await loadTensorFlow(device);
    const target = await openTarget(tf, folder, { layer, untrained });
    const { kind, layer: used, embedder: { dimensions } } = target;
    const about = { target: folder, kind, layer: used, dimensions, untrained };
    const print = <Result>(result: Result, format: (all: Evaluated & Result) => string) => {
      const all = { ...about, ...result };
      console.log(json ? JSON.stringify(all) : format(all));
    };
    if (copies) {
      print(await evaluateCopy(tf, target, { data, distractors, originals, seed }), formatCopyEvaluation);
    } else print(await evaluate(tf, target, { data, test, labels, tasks }), formatEvaluation);
  });
