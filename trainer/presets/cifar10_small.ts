import { cifar10 } from "./cifar10.ts";
import type { Preset } from "./preset.ts";

/**
 * `cifar10` for two cores: a quarter of the width and of the batch, 30 epochs. Reached here: kNN of 62.1 % on CIFAR-10's
 * test pictures (docs/training.md).
 */
export const cifar10Small: Preset = { ...cifar10, width: 16, batch: 128, learningRate: 0.03, epochs: 30 };
