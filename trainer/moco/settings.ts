import { z } from "zod";
import type { Preprocessing } from "../../shared/bundle.ts";
import { type Architecture, ARCHITECTURES } from "./architecture.ts";

/** ImageNet's channel statistics, which the official code normalises with (main_moco.py). */
export const IMAGENET_MEAN: [number, number, number] = [0.485, 0.456, 0.406];
export const IMAGENET_STD: [number, number, number] = [0.229, 0.224, 0.225];

const rgb = z.tuple([z.number(), z.number(), z.number()]);

/** How a run trains, whatever the pictures. */
export const runSettingsSchema = z.strictObject({
  /** Decides everything random. */
  seed: z.int().min(0),

  /** Which views are made: a recipe (trainer/data/recipe.ts), or the URL of a module. */
  views: z.string(),
  /** Those of the keys, where they are others. */
  keyViews: z.string().optional(),
  /** Pixels of a view's side. */
  size: z.int().min(16),
  /** Channel statistics that pixels of the scale 0..1 are normalised with. */
  mean: rgb,
  std: rgb,
  /**
   * Where whole pictures are shrunk to this shorter side and their middle is embedded, as torchvision's ResNets are
   * evaluated; absent where they are squeezed.
   */
  shorterSide: z.int().min(16).optional(),

  architecture: z.enum(["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]),
  /** Channels of the first stage; 64 in torchvision. */
  width: z.int().min(1),
  stem: z.enum(["imagenet", "cifar", "lightly"]),
  /** Of the last features over places: their mean (the default), or GeM. */
  pooling: z.enum(["average", "gem"]).optional(),
  /** The projection head: one linear layer (v1), or two (v2). */
  head: z.enum(["linear", "mlp"]),
  /** Dimensions of the projection; 0 for an imported backbone, which has no head and cannot be trained on. */
  dim: z.int().min(0),

  batch: z.int().min(2),
  bnSplits: z.int().min(1),
  queue: z.int().min(1),
  keyMomentum: z.number().min(0).max(1),
  temperature: z.number().positive(),
  /** Whether each view is a query and a key in turn. */
  symmetric: z.boolean(),
  /**
   * Whether a picture's own older keys in the queue are left out of its negatives. The official code keeps them: ImageNet
   * is large against the queue.
   */
  skipOwnKeys: z.boolean().optional(),
  /** Weight of the entropy term in the loss (none by default), and steps over which it rises to that. */
  entropyWeight: z.number().min(0).optional(),
  entropyRamp: z.int().min(0).optional(),

  /** What convolutions compute in; weights, statistics and the loss are float32 in both. */
  precision: z.enum(["float32", "bf16"]).default("float32"),

  learningRate: z.number().positive(),
  schedule: z.enum(["cosine", "steps"]),
  sgdMomentum: z.number().min(0).max(1),
  weightDecay: z.number().min(0),

  /** What `export` makes of the run unless told otherwise. */
  export: z.strictObject({
    layer: z.enum(["projection", "backbone"]),
    whiten: z.boolean(),
    /** Side of the encoder's input, in sides of a view. */
    sizeRatio: z.number().positive(),
  }).optional(),

  /** How long: passes over the pictures, or minutes of training time; one of the two. */
  epochs: z.number().min(0).nullable(),
  minutes: z.number().positive().nullable(),
});
export type RunSettings = z.infer<typeof runSettingsSchema>;

/** Everything that decides how a run trains; stored with it as `settings.json`. */
export const settingsSchema = runSettingsSchema.extend({
  /** Folder or archive of pictures. */
  data: z.string(),
  /** Pictures set aside, never trained on, that export measures with. */
  heldOut: z.int().min(0),
  /** Folder or archive of pictures that kNN asks about instead of held-out ones; all pictures vote then. */
  test: z.string().optional(),
  /** The run whose encoders it started from. */
  from: z.string().optional(),
  /** Epochs between two measurements of kNN, 0 for none; absent where it was left to the classes. */
  knnEpochs: z.int().min(0).optional(),
});
export type Settings = z.infer<typeof settingsSchema>;

export class SettingsError extends Error {
  override name = "SettingsError";
}

/** The network that the settings describe. */
export function architectureOf(
  { architecture, width, stem, pooling, head, dim }: Pick<
    RunSettings,
    "architecture" | "width" | "stem" | "pooling" | "head" | "dim"
  >,
): Architecture {
  return { ...ARCHITECTURES[architecture], width, stem, pooling, mlp: head === "mlp", dim };
}

/** How whole pictures become an encoder's input: in evaluation, and where the encoder is served. */
export function preprocessingOf(
  { shorterSide, size, mean, std }: Pick<RunSettings, "shorterSide" | "size" | "mean" | "std">,
): Preprocessing {
  return shorterSide === undefined
    ? { fit: "squeeze", size, mean, std }
    : { fit: "crop", shorterSide, size, mean, std };
}

/** Keys that one step puts into the queue. */
export function keysPerStep({ batch, symmetric }: Pick<RunSettings, "batch" | "symmetric">): number {
  return symmetric ? 2 * batch : batch;
}

/**
 * Checks every setting, and what no single one shows.
 *
 * @throws {SettingsError} before the first step, instead of in the middle of training
 */
export function checkSettings(settings: Settings, pictures: number): void {
  const { batch, queue, bnSplits } = settings;
  const keys = keysPerStep(settings);
  const fail = (message: string): never => {
    throw new SettingsError(`Cannot train: ${message}`);
  };
  for (const { path: [name], message } of settingsSchema.safeParse(settings).error?.issues ?? []) {
    fail(`${optionOf(String(name))} is not valid: ${message}: received ${settings[name as keyof Settings]}`);
  }
  if (settings.dim === 0) fail("--dim must be at least 1: received 0");
  if ((settings.epochs === null) === (settings.minutes === null)) {
    fail("one of --epochs and --minutes is required");
  }
  if (queue % keys !== 0) fail(`--queue must be a multiple of a step's ${keys} keys: received ${queue}`);
  if (batch % bnSplits !== 0) {
    fail(`--batch must be a multiple of --bn-splits (${bnSplits}): received ${batch}`);
  }
  if (pictures < batch) {
    fail(`at least one batch of ${batch} pictures to train on is required: received ${pictures}`);
  }
  if (queue > pictures - batch) {
    // A picture's own older key must not be among its negatives.
    fail(`--queue must be at most the pictures less one batch (${pictures - batch}): received ${queue}`);
  }
}

/** The command line's name of a setting: `bnSplits` is `--bn-splits`. */
function optionOf(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * The largest queue that the pictures allow, at most `wanted`.
 *
 * @returns a multiple of the keys of a step; at least one step's
 */
export function fittingQueue(
  settings: Pick<RunSettings, "batch" | "symmetric">,
  wanted: number,
  pictures: number,
) {
  const keys = keysPerStep(settings);
  const most = Math.min(wanted, pictures - settings.batch);
  return Math.max(keys, Math.floor(most / keys) * keys);
}
