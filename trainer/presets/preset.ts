import { IMAGENET_MEAN, IMAGENET_STD, type RunSettings } from "../moco/settings.ts";

/** What a recipe sets differently from `BASE`. */
export type Preset = Partial<Omit<RunSettings, "minutes">>;

/**
 * What the official code does by default (main_moco.py, ImageNet, eight GPUs), as far as v1 and v2 agree. Batch norm
 * is split as those eight GPUs split it.
 */
export const BASE: Omit<RunSettings, "minutes"> = {
  seed: 0,
  views: "v2",
  size: 224,
  mean: IMAGENET_MEAN,
  std: IMAGENET_STD,
  architecture: "resnet50",
  width: 64,
  stem: "imagenet",
  pooling: "average",
  head: "mlp",
  dim: 128,
  batch: 256,
  bnSplits: 8,
  queue: 65536,
  keyMomentum: 0.999,
  temperature: 0.2,
  symmetric: false,
  precision: "float32",
  learningRate: 0.03,
  schedule: "cosine",
  sgdMomentum: 0.9,
  weightDecay: 1e-4,
  epochs: 200,
};
