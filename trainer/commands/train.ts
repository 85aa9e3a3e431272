import { Command, InvalidArgumentError, Option } from "commander";
import { join, resolve } from "@std/path";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { rewindMetrics } from "../checkpoint/metrics.ts";
import { architectureOf, type Progress, readCheckpoint } from "../checkpoint/run.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import { listPictures } from "../data/listing.ts";
import { RandomStream } from "../data/random.ts";
import { splitPictures } from "../data/split.ts";
import { initialState } from "../moco/initialize.ts";
import {
  checkSettings,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type Settings,
  SettingsError,
} from "../moco/settings.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import type { Device } from "../tensorflow/paths.ts";
import { trainRun } from "../training.ts";

/** Options of a new run, as commander parses them. */
interface NewRun {
  data?: string;
  out?: string;
  heldOut?: number;
  seed: number;
  size: number;
  width: number;
  stem: "imagenet" | "cifar";
  dim: number;
  batch: number;
  bnSplits: number;
  queue?: number;
  keyMomentum: number;
  temperature: number;
  learningRate: number;
  sgdMomentum: number;
  weightDecay: number;
  epochs?: number;
  minutes?: number;
}

interface TrainOptions extends NewRun {
  resume?: string;
  device?: Device;
  workers: number;
  checkpointMinutes: number;
  eager: boolean;
}

/** `deno task train`: a folder of pictures becomes a run, whose query encoder `export` turns into a bundle. */
export const train = new Command("train")
  .description("Train an encoder on a folder of pictures with MoCo v2.")
  .option("--data <dir>", "folder of JPEG and PNG files, at any depth")
  .option("--out <dir>", "folder for the run: settings, checkpoint, curve")
  .option("--resume <dir>", "go on with a run that was stopped; its own settings hold")
  .option("--epochs <number>", "passes over the pictures (20, unless --minutes is given)", number)
  .option("--minutes <number>", "train for this long instead", number)
  // A quarter of torchvision's channels (64): 2.8 million weights, small enough for the edge.
  .option("--width <channels>", "channels of the first stage of ResNet-18", whole, 32)
  .option("--size <pixels>", "side of a view", whole, 128)
  .addOption(
    new Option("--stem <kind>", "cifar keeps 32-pixel pictures large").choices(["imagenet", "cifar"]).default(
      "imagenet",
    ),
  )
  .option("--dim <number>", "dimensions of the projection", whole, 128) // paper, section 3.3
  .option("--batch <pictures>", "pictures in a step", whole, 64)
  // Eight GPUs of 32 pictures in the paper: statistics of 16 here keep the positive key from leaking as well.
  .option("--bn-splits <number>", "parts of the batch that batch norm normalises apart", whole, 4)
  .option("--queue <keys>", "negatives (4096, or as many as the pictures allow)", whole)
  // The paper's .999 suits a million pictures; a queue of a few thousand turns over faster.
  .option("--key-momentum <share>", "momentum of the key encoder", number, 0.99)
  .option("--temperature <number>", "temperature of the softmax", number, 0.2) // v2
  .option("--learning-rate <number>", "at the start; falls to 0 as a cosine", number, 0.06)
  .option("--sgd-momentum <share>", "momentum of the optimizer", number, 0.9)
  .option("--weight-decay <number>", "on every parameter", number, 1e-4)
  .option("--held-out <pictures>", "set aside for export to measure with (512, at most a tenth)", whole)
  .option("--seed <number>", "decides everything random", whole, 0)
  .addOption(new Option("--device <device>", "fail unless this device is there").choices(["cpu", "gpu"]))
  .option("--workers <threads>", "threads that decode and make views", whole, navigator.hardwareConcurrency)
  .option("--checkpoint-minutes <number>", "time between checkpoints", number, 5)
  .option("--eager", "run operation by operation instead of one compiled graph", false)
  .action(async (options: TrainOptions, command: Command) => {
    const { run, settings, paths, state, progress } = options.resume === undefined
      ? await startRun(options)
      : await resumeRun(options.resume, command);
    console.log(JSON.stringify(settings, null, 2));
    const { tf, description } = await loadTensorFlow(options.device);
    console.error(`${description}: ${paths.length} pictures to train on, ${settings.heldOut} held out`);
    const { workers, checkpointMinutes, eager } = options;
    await trainRun(tf, { run, settings, paths, state, progress, workers, checkpointMinutes, eager });
  });

async function startRun(options: NewRun) {
  const { data, out } = options;
  if (data === undefined || out === undefined) {
    throw new SettingsError("Cannot train: --data and --out are required (or --resume with a run's folder)");
  }
  const run = resolve(out);
  if (await hasEntries(run)) {
    throw new SettingsError(
      `Cannot start a run: --out must be a new or empty folder: received ${out} (use --resume to go on with a run)`,
    );
  }
  const pictures = await listPictures(resolve(data));
  const heldOut = options.heldOut ?? Math.min(512, Math.floor(pictures.length / 10));
  const paths = splitPictures(pictures, heldOut).training;
  const { batch } = options;
  const fittingQueue = Math.floor((paths.length - batch) / batch) * batch;
  const { seed, size, width, stem, dim, bnSplits, keyMomentum, temperature } = options;
  const { learningRate, sgdMomentum, weightDecay, minutes } = options;
  const settings: Settings = {
    ...{ data: resolve(data), heldOut, seed, size, mean: IMAGENET_MEAN, std: IMAGENET_STD },
    ...{
      width,
      stem,
      dim,
      batch,
      bnSplits,
      keyMomentum,
      temperature,
      learningRate,
      sgdMomentum,
      weightDecay,
    },
    queue: options.queue ?? Math.max(batch, Math.min(4096 - (4096 % batch), fittingQueue)),
    epochs: options.epochs ?? (minutes === undefined ? 20 : null),
    minutes: minutes ?? null,
  };
  checkSettings(settings, paths.length);

  const uniform = new RandomStream(seed, 0, 0, "start");
  const state = initialState(architectureOf(settings), settings.queue, () => uniform.uniform());
  const progress: Progress = { step: 0, epoch: 0, seconds: 0, loss: null, pictures: paths.length };
  await Deno.mkdir(run, { recursive: true });
  await writeAtomically(join(run, "settings.json"), JSON.stringify(settings, null, 2) + "\n");
  return { run, settings, paths, state, progress };
}

async function resumeRun(
  run: string,
  command: Command,
): Promise<{ run: string; settings: Settings; paths: string[]; state: TensorMap; progress: Progress }> {
  const free = new Set(["resume", "device", "workers", "checkpointMinutes", "eager"]);
  const given = command.options.filter((option) => {
    const name = option.attributeName();
    return !free.has(name) && command.getOptionValueSource(name) === "cli";
  });
  if (given.length > 0) {
    throw new SettingsError(
      `Cannot resume: the run's own settings hold: received ${given.map(({ long }) => long).join(", ")}`,
    );
  }
  const { settings, state, progress } = await readCheckpoint(run);
  const paths = splitPictures(await listPictures(settings.data), settings.heldOut).training;
  if (paths.length !== progress.pictures) {
    throw new SettingsError(
      `Cannot resume: the ${progress.pictures} pictures that the run trains on are required in ${settings.data}: received ${paths.length}`,
    );
  }
  await rewindMetrics(run, progress.step);
  console.error(`Resuming at step ${progress.step} (epoch ${progress.epoch.toFixed(2)})`);
  return { run, settings, paths, state, progress };
}

async function hasEntries(dir: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(dir)) return true;
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("a number of at least 0 is required.");
  }
  return value;
}

function whole(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("a whole number is required.");
  return value;
}
