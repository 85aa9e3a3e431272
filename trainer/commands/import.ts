import { Command, InvalidArgumentError, Option } from "commander";
import { resolve } from "@std/path";
import { requireNewRun, writeImportedRun } from "../checkpoint/imported_run.ts";
import { arrange, type Arranged } from "../checkpoint/layouts/arrange.ts";
import { openCheckpoint } from "../checkpoint/open_checkpoint.ts";
import { RandomAccessFile } from "../checkpoint/random_access.ts";
import type { Progress } from "../checkpoint/run.ts";
import { turnQueue } from "../checkpoint/turn_queue.ts";
import { findPictures } from "../data/picture_source.ts";
import { splitPictures } from "../data/split.ts";
import { checkSettings, keysPerStep, type Settings, SettingsError } from "../moco/settings.ts";
import { type PresetName, PRESETS, recipe } from "../presets/presets.ts";

const HELD_OUT = 256; // what export measures with by default

type Rgb = [number, number, number];

interface Options {
  out: string;
  preset: PresetName;
  size?: number;
  mean?: Rgb;
  std?: Rgb;
  fit: "squeeze" | "crop";
  data?: string;
  batch?: number;
  heldOut?: number;
}

/** `deno task import`: weights that were trained elsewhere become a run, which can be exported. */
export const importCommand = new Command("import")
  .description(
    "Make a run of a PyTorch checkpoint or a safetensors file: official MoCo, lightly, solo-learn, torchvision.",
  )
  .argument("<file>", "the checkpoint; nothing in it is executed")
  .requiredOption("--out <dir>", "folder for the run: new or empty")
  .addOption(
    new Option("--preset <name>", "how it was trained, and would be trained on")
      .choices(Object.keys(PRESETS)).default("moco-v2"),
  )
  .option("--size <pixels>", "side of the pictures that it was trained on (moco-v2: 224)", pixels)
  .option("--mean <r,g,b>", "channel means that it expects (moco-v2: ImageNet's)", rgb)
  .option("--std <r,g,b>", "channel deviations that it expects (moco-v2: ImageNet's)", rgb)
  .addOption(
    new Option(
      "--fit <how>",
      "whole pictures are squeezed, or cut to their middle as torchvision evaluates (resize 256, crop 224)",
    ).choices(["squeeze", "crop"]).default("squeeze"),
  )
  .option("--data <path>", "pictures to train on with; export has its own --data")
  .option("--batch <pictures>", "pictures in a step, to train on with (moco-v2: 256)", whole)
  .option("--held-out <pictures>", `set aside for export to measure with (${HELD_OUT})`, whole)
  .action(run);

async function run(path: string, options: Options): Promise<void> {
  await requireNewRun(options.out);
  using file = openFile(path);
  const { tensors, momentum, epoch } = await openCheckpoint(file);
  const arranged = arrange(tensors, momentum);
  const heldOut = options.heldOut ?? HELD_OUT;
  const pictures = options.data === undefined ? 0 : await countTraining(options.data, heldOut);
  const settings = settingsOf(options, arranged, heldOut);
  const step = epoch * Math.floor(pictures / settings.batch);
  const queue = arranged.state.get("queue");
  if (queue) {
    const place = (step * keysPerStep(settings)) % settings.queue;
    arranged.state.set("queue", turnQueue(queue, arranged.queuePointer, place));
  }
  const progress: Progress = { step, epoch, seconds: 0, loss: null, pictures };
  await writeImportedRun(options.out, { settings, state: arranged.state, progress });
  report(arranged, settings, pictures);
  console.log(`Wrote ${resolve(options.out)}`);
}

function openFile(path: string): RandomAccessFile {
  try {
    return new RandomAccessFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.IsADirectory)) throw cause;
    const received = cause instanceof Deno.errors.NotFound ? "which is not there" : "which is a folder";
    throw new SettingsError(`Cannot import: a file is required: received ${path}, ${received}`, { cause });
  }
}

async function countTraining(data: string, heldOut: number): Promise<number> {
  const { paths } = await findPictures(resolve(data));
  return splitPictures(paths, heldOut).training.length;
}

/** The preset on the official code's defaults, what the tensors show, and what was given on top. */
function settingsOf(options: Options, { network, state }: Arranged, heldOut: number): Settings {
  const { headLeftOut: _, ...shown } = network;
  const preset = recipe(options.preset);
  const { size = preset.size, mean = preset.mean, std = preset.std, batch = preset.batch, data } = options;
  // Resize(256) before CenterCrop(224).
  const shorterSide = options.fit === "crop" ? Math.round(size * 256 / 224) : undefined;
  const queue = state.get("queue")?.shape[1] ?? preset.queue;
  return {
    ...{ data: data === undefined ? "" : resolve(data), heldOut },
    ...{ ...preset, ...shown, queue, size, mean, std, shorterSide, batch },
  };
}

function report({ layout, network, state }: Arranged, settings: Settings, pictures: number): void {
  const { architecture, width, stem, head, dim, headLeftOut } = network;
  const projection = dim === 0 ? "no head" : `${head} head of ${dim} dimensions`;
  console.log(`${layout}: ${architecture}, width ${width}, ${stem} stem, ${projection}`);
  if (headLeftOut !== undefined) console.log(`The file's head was left out: ${headLeftOut}`);
  if (dim === 0) console.log("It can be exported with --layer backbone");
  const lacking = reasonNotToTrain(state, settings, pictures);
  if (lacking !== undefined) console.log(`It cannot be trained on: ${lacking}`);
}

/** Why `deno task train --resume` would fail; undefined if it would not. */
function reasonNotToTrain(
  state: Arranged["state"],
  settings: Settings,
  pictures: number,
): string | undefined {
  if (!state.has("encoder_k.conv1.weight") || !state.has("queue")) {
    return "the file has no key encoder and queue that fit";
  }
  if (settings.data === "") return "--data was not given";
  try {
    checkSettings(settings, pictures);
    return undefined;
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("a whole number is required.");
  return Number(text);
}

function pixels(text: string): number {
  const size = whole(text);
  if (size < 16) throw new InvalidArgumentError("at least 16 is required.");
  return size;
}

function rgb(text: string): Rgb {
  const [r, g, b, ...more] = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const finite = [r, g, b].every((value) => value !== undefined && Number.isFinite(value));
  if (!finite || more.length > 0) throw new InvalidArgumentError("three numbers with commas are required.");
  return [r!, g!, b!];
}
