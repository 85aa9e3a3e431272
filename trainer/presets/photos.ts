import type { Preset } from "./preset.ts";

/**
 * MoCo v2 for thousands of photos on a few cores. Reached here: kNN of 33.4 % on the classes of Caltech 101
 * (docs/encoder.md).
 * Against MoCo v2: ResNet-18 at half its width, small views, and a queue that turns over in 32 steps, followed by
 * a key encoder that is quick enough for a few thousand of them. Statistics are of 32 pictures, as on each GPU of the
 * paper.
 */
export const photos: Preset = {
  size: 96,
  architecture: "resnet18",
  width: 32,
  batch: 64,
  bnSplits: 2,
  queue: 2048,
  keyMomentum: 0.99,
  temperature: 0.1,
  learningRate: 0.06,
  epochs: 32,
};
