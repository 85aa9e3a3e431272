import type { Preset } from "./preset.ts";

/**
 * The official CIFAR-10 demo (colab/moco_cifar10_demo.ipynb); `--symmetric` is its other variant. Not trained to its
 * end here: 200 epochs at this width are for a GPU.
 */
export const cifar10: Preset = {
  views: "cifar10",
  size: 32,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2023, 0.1994, 0.201],
  architecture: "resnet18",
  stem: "cifar",
  head: "linear",
  batch: 512,
  bnSplits: 8,
  queue: 4096,
  keyMomentum: 0.99,
  temperature: 0.1,
  learningRate: 0.06,
  weightDecay: 5e-4,
};
