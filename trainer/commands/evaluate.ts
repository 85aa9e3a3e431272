import { Command, Option } from "commander";
import { evaluate, type Task, TASKS } from "../evaluate/evaluate.ts";
import type { LabelScheme } from "../evaluate/labels.ts";
import { formatEvaluation } from "../evaluate/report.ts";
import { openTarget } from "../evaluate/target.ts";
import type { Layer } from "../onnx/float_graph.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import type { Device } from "../tensorflow/paths.ts";

interface Options {
  data: string;
  test?: string;
  task: Task[];
  labels?: LabelScheme;
  layer?: Layer;
  untrained: boolean;
  device?: Device;
  json: boolean;
}

/** `deno task evaluate TARGET --data DIR`: what an encoder's embeddings say of classes it was not told. */
export const evaluateCommand = new Command("evaluate")
  .description(
    "Measure an encoder on pictures whose classes are known: weighted kNN, linear probe, collapse.",
  )
  .argument("<target>", 'a run\'s folder (of "deno task train") or a bundle\'s (of "deno task export")')
  .requiredOption(
    "--data <dir>",
    "pictures to learn from (folder, .tar or module); a fifth of each class is tested with",
  )
  .option("--test <dir>", "pictures of the same classes to test with instead")
  .addOption(new Option("--task <task...>", "what to measure").choices(TASKS).default([...TASKS]))
  .addOption(
    new Option(
      "--labels <scheme>",
      "class = the picture's folder, or its name before _image; by default what fits",
    )
      .choices(["folder", "name-prefix"]),
  )
  .addOption(
    new Option("--layer <layer>", "a run's pooled features (the default), or its head's output")
      .choices(["backbone", "projection"]),
  )
  .option("--untrained", "the same network with the weights that its training began with", false)
  .addOption(new Option("--device <device>", "fail unless this device is there").choices(["cpu", "gpu"]))
  .option("--json", "print JSON", false)
  .action(async (folder: string, options: Options) => {
    const { data, test, task: tasks, labels, layer, untrained, device, json } = options;
    const { tf } = await loadTensorFlow(device);
    const target = await openTarget(tf, folder, { layer, untrained });
    const evaluation = await evaluate(tf, target, { data, test, labels, tasks });
    const { kind, layer: used, embedder: { dimensions } } = target;
    const evaluated = { target: folder, kind, layer: used, dimensions, untrained, ...evaluation };
    console.log(json ? JSON.stringify(evaluated) : formatEvaluation(evaluated));
  });
