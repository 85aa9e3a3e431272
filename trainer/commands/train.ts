import { Command, Option } from "commander";
import { join, resolve } from "@std/path";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { anyEntry } from "../files/new_folder.ts";
import { planKnn } from "../following/plan_knn.ts";
import { rewindMetrics } from "../following/metrics.ts";
import { type Progress, readCheckpoint, writeCheckpoint } from "../checkpoint/run.ts";
import type { TensorMap } from "../checkpoint/safetensors.ts";
import { findPictures, type FoundPictures } from "../data/picture_source.ts";
import { HELD_OUT_MINIMUM, splitPictures } from "../data/split.ts";
import { parseViews, VIEW_NAMES } from "../data/views.ts";
import { ARCHITECTURES } from "../moco/architecture.ts";
import { initialState } from "../moco/initialize.ts";
import {
  architectureOf,
  checkSettings,
  fittingQueue,
  type RunSettings,
  runSettingsSchema,
  type Settings,
  SettingsError,
} from "../moco/settings.ts";
import { type PresetName, PRESETS, recipe } from "../presets/presets.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";
import type { Device } from "../tensorflow/paths.ts";
import { trainRun } from "../training.ts";
import { number, positive, whole } from "./option_values.ts";

/** Options of a new run, as commander parses them: what is not given comes from the preset. */
interface NewRun extends Partial<Omit<RunSettings, "mean" | "std">> {
  data?: string;
  out?: string;
  preset: PresetName;
  from?: string;
  heldOut?: number;
  test?: string;
  knnEpochs?: number;
}

interface TrainOptions extends NewRun {
  resume?: string;
  device?: Device;
  workers: number;
  cacheMb: number;
  checkpointMinutes: number;
  eager: boolean;
}

/** `deno task train`: a folder of pictures becomes a run, whose query encoder `export` turns into a bundle. */
export const train = new Command("train")
  .description("Train an encoder on unlabelled pictures with Momentum Contrast.")
  .option("--data <path>", "pictures: a folder, a .tar, or a module that gives them (docs/data.md)")
  .option("--out <dir>", "folder for the run: settings, checkpoint, curve")
  .option("--resume <dir>", "go on with a run that was stopped; its own settings hold")
  .option("--from <dir>", "start from the encoders of another run instead of random weights")
  .addOption(choice("--preset <name>", "recipe; every option below overrides it", PRESETS).default("photos"))
  .option("--epochs <number>", "passes over the pictures", number)
  .option("--minutes <number>", "train for this long instead", number)
  .addOption(choice("--architecture <name>", "network", ARCHITECTURES))
  .option("--width <channels>", "channels of the first stage (64 in torchvision)", whole)
  .addOption(choice("--stem <kind>", "cifar keeps 32-pixel pictures large", { imagenet: 0, cifar: 0 }))
  .addOption(choice("--pooling <kind>", "of the last features over places", { average: 0, gem: 0 }))
  .addOption(choice("--head <kind>", "one linear layer (v1), or two layers (v2)", { linear: 0, mlp: 0 }))
  .option("--dim <number>", "dimensions of the projection", whole)
  .option("--views <recipe>", `augmentations: ${VIEW_NAMES}, or a module (docs/data.md)`, parseViews)
  .option("--key-views <recipe>", "those of the keys, if they are others", parseViews)
  .option("--size <pixels>", "side of a view", whole)
  .option("--batch <pictures>", "pictures in a step", whole)
  .option("--bn-splits <number>", "parts of the batch that batch norm normalises apart", whole)
  .option("--queue <keys>", "negatives", whole)
  .option("--key-momentum <share>", "momentum of the key encoder", number)
  .option("--temperature <number>", "temperature of the softmax", number)
  .option("--entropy-weight <number>", "of a term that keeps embeddings apart (KoLeo)", number)
  .option("--entropy-ramp <steps>", "steps over which that weight rises from 0", whole)
  .option("--symmetric", "each view is a query and a key in turn")
  .option("--no-symmetric", "the first view is a query, the second one a key")
  .option("--skip-own-keys", "a picture's own older keys in the queue are no negatives of it")
  .option("--no-skip-own-keys", "all keys in the queue are negatives, as in the official code")
  .addOption(choice("--precision <type>", "what convolutions compute in", { float32: 0, bf16: 0 }))
  .option("--learning-rate <number>", "at the start", number)
  .addOption(choice("--schedule <kind>", "how the learning rate falls", { cosine: 0, steps: 0 }))
  .option("--sgd-momentum <share>", "momentum of the optimizer", number)
  .option("--weight-decay <number>", "on every parameter", number)
  .option("--held-out <pictures>", "set aside for export to measure with (512, at most a tenth)", whole)
  .option("--test <path>", "pictures that kNN asks about instead of held-out ones; all pictures vote then")
  .option(
    "--knn-epochs <number>",
    "epochs between two measurements of kNN, 0 for none (5 if classes are known)",
    whole,
  )
  .option("--seed <number>", "decides everything random", whole)
  .addOption(new Option("--device <device>", "fail unless this device is there").choices(["cpu", "gpu"]))
  .option(
    "--workers <threads>",
    "threads that decode and make views",
    positive,
    navigator.hardwareConcurrency,
  )
  .option("--cache-mb <megabytes>", "memory for decoded pictures", whole, 512)
  .option("--checkpoint-minutes <number>", "time between checkpoints", number, 5)
  .option("--eager", "run operation by operation instead of one compiled graph", false)
  .action(async (options: TrainOptions, command: Command) => {
    const { run, settings, pictures, paths, heldOut, state, progress } = options.resume === undefined
      ? await planRun(options)
      : await resumeRun(options.resume, command);
    const knn = await planKnn(settings, { pictures, paths }, heldOut);
    console.log(JSON.stringify(settings, null, 2));
    const { tf, description } = await loadTensorFlow(options.device, settings.precision);
    if (options.resume === undefined) await startRun(run, settings, state, progress);
    console.error(`${description}: ${paths.length} pictures to train on, ${settings.heldOut} held out`);
    if (settings.heldOut < HELD_OUT_MINIMUM) {
      console.error(
        `Export measures on ${HELD_OUT_MINIMUM} held-out pictures unless --held-out-minimum says fewer`,
      );
    }
    const { workers, cacheMb: cacheMegabytes, checkpointMinutes, eager } = options;
    await trainRun(tf, {
      ...{ run, settings, pictures, paths, heldOut, state, progress, knn },
      ...{ workers, cacheMegabytes, checkpointMinutes, eager },
    });
  });

const defaults: Record<string, unknown> = recipe("photos");
for (const option of train.options) {
  const value = defaults[option.attributeName()];
  if (value !== undefined && value !== null) option.description += ` (photos: ${value})`;
}

/** An option that takes one of the keys of `values`. */
function choice(flags: string, description: string, values: Record<string, unknown>): Option {
  return new Option(flags, description).choices(Object.keys(values));
}

/** All that a new run needs, checked; nothing is written yet. */
async function planRun(options: NewRun) {
  const { data, out } = options;
  if (data === undefined || out === undefined) {
    throw new SettingsError("Cannot train: --data and --out are required (or --resume with a run's folder)");
  }
  const run = resolve(out);
  if (await anyEntry(run) !== undefined) {
    throw new SettingsError(
      `Cannot start a run: --out must be a new or empty folder: received ${out} (use --resume to go on with a run)`,
    );
  }
  const { pictures, paths: all } = await findPictures(resolve(data));
  const heldOut = options.heldOut ?? Math.min(512, Math.floor(all.length / 10));
  const { training: paths, heldOut: heldOutPaths } = splitPictures(all, heldOut);
  const settings = resolveSettings(
    options,
    {
      ...{ data: resolve(data), heldOut, knnEpochs: options.knnEpochs },
      test: options.test === undefined ? undefined : resolve(options.test),
      from: options.from === undefined ? undefined : resolve(options.from),
    },
    paths.length,
  );
  checkSettings(settings, paths.length);

  const state = initialState(architectureOf(settings), settings.queue, settings.seed);
  if (options.from !== undefined) await startFrom(options.from, settings, state);
  const progress: Progress = { step: 0, epoch: 0, seconds: 0, loss: null, pictures: paths.length };
  return { run, settings, pictures, paths, heldOut: heldOutPaths, state, progress };
}

/** Replaces random weights by those of another run, as far as its training has come; its queue and momentum stay behind. */
async function startFrom(run: string, settings: Settings, state: TensorMap): Promise<void> {
  const { state: trained } = await readCheckpoint(run);
  for (const [name, { shape }] of state) {
    if (name === "queue") continue;
    const tensor = trained.get(name);
    if (tensor?.shape.join() !== shape.join()) {
      throw new SettingsError(
        `Cannot start from ${run}: a run of the same network (${settings.architecture}, width ${settings.width}, ` +
          `${settings.stem} stem, ${settings.head} head of ${settings.dim}) is required: ` +
          `received ${tensor ? `${name} of [${tensor.shape}] instead of [${shape}]` : `one without ${name}`}`,
      );
    }
    state.set(name, tensor);
  }
}

/** Writes the run's folder with a checkpoint of its start, so that it can be resumed whenever it is stopped. */
async function startRun(
  run: string,
  settings: Settings,
  state: TensorMap,
  progress: Progress,
): Promise<void> {
  await Deno.mkdir(run, { recursive: true });
  await writeAtomically(join(run, "settings.json"), JSON.stringify(settings, null, 2) + "\n");
  await writeCheckpoint(run, state, progress);
}

/** The preset on the official code's defaults, and what was given on top. */
function resolveSettings(
  options: NewRun,
  pictures: Omit<Settings, keyof RunSettings>,
  count: number,
): Settings {
  const preset = recipe(options.preset);
  const given = Object.keys(runSettingsSchema.shape).filter((name) =>
    options[name as keyof NewRun] !== undefined
  );
  const settings: Settings = {
    ...pictures,
    ...preset,
    ...Object.fromEntries(given.map((name) => [name, options[name as keyof NewRun]])),
  };
  // Minutes take the place of the preset's epochs.
  if (options.minutes !== undefined && options.epochs === undefined) settings.epochs = null;
  if (options.queue === undefined) {
    const queue = fittingQueue(settings, settings.queue, count);
    if (queue < settings.queue) {
      console.error(`A queue of ${queue} instead of ${settings.queue}: there are ${count} pictures`);
    }
    settings.queue = queue;
  }
  return settings;
}

async function resumeRun(
  run: string,
  command: Command,
): Promise<
  FoundPictures & {
    heldOut: string[];
    run: string;
    settings: Settings;
    state: TensorMap;
    progress: Progress;
  }
> {
  const free = new Set(["resume", "device", "workers", "cacheMb", "checkpointMinutes", "eager"]);
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
  const { pictures, paths: all } = await findPictures(settings.data);
  const { training: paths, heldOut } = splitPictures(all, settings.heldOut);
  if (paths.length !== progress.pictures) {
    throw new SettingsError(
      `Cannot resume: the ${progress.pictures} pictures that the run trains on are required in ${settings.data}: received ${paths.length}`,
    );
  }
  await rewindMetrics(run, progress.step);
  console.error(`Resuming at step ${progress.step} (epoch ${progress.epoch.toFixed(2)})`);
  return { run, settings, pictures, paths, heldOut, state, progress };
}
