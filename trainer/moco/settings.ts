import { z } from "zod";

/** ImageNet's channel statistics, which the official code normalises with (main_moco.py). */
export const IMAGENET_MEAN: [number, number, number] = [0.485, 0.456, 0.406];
export const IMAGENET_STD: [number, number, number] = [0.229, 0.224, 0.225];

const rgb = z.tuple([z.number(), z.number(), z.number()]);

/** Everything that decides how a run trains; stored with it as `settings.json`. */
export const settingsSchema = z.strictObject({
  /** Folder of pictures. */
  data: z.string(),
  /** Pictures set aside, never trained on, that export measures with. */
  heldOut: z.int().min(0),
  seed: z.int().min(0),

  /** Pixels of a view's side. */
  size: z.int().min(16),
  mean: rgb,
  std: rgb,

  width: z.int().min(1),
  stem: z.enum(["imagenet", "cifar"]),
  dim: z.int().min(1),

  batch: z.int().min(2),
  bnSplits: z.int().min(1),
  queue: z.int().min(1),
  keyMomentum: z.number().min(0).max(1),
  temperature: z.number().positive(),

  learningRate: z.number().positive(),
  sgdMomentum: z.number().min(0).max(1),
  weightDecay: z.number().min(0),

  /** How long: passes over the pictures, or minutes of training time; one of the two. */
  epochs: z.number().min(0).nullable(),
  minutes: z.number().positive().nullable(),
});
export type Settings = z.infer<typeof settingsSchema>;

export class SettingsError extends Error {
  override name = "SettingsError";
}

/**
 * Checks what no single setting shows.
 *
 * @throws {SettingsError} before the first step, instead of in the middle of training
 */
export function checkSettings(settings: Settings, pictures: number): void {
  const { batch, queue, bnSplits } = settings;
  const fail = (message: string): never => {
    throw new SettingsError(`Cannot train: ${message}`);
  };
  if ((settings.epochs === null) === (settings.minutes === null)) {
    fail("one of --epochs and --minutes is required");
  }
  if (queue % batch !== 0) fail(`--queue must be a multiple of --batch (${batch}): received ${queue}`);
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
