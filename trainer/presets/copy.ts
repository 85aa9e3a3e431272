import type { Preset } from "./preset.ts";

/**
 * Copy detection: MoCo with what SSCD adds to contrastive learning (Pizzi et al., CVPR 2022): a low temperature, GeM
 * pooling, a linear projection and an entropy term, and views as people edit pictures. The keys are pictures nearly as
 * they are, since that is what edited ones are looked up among. Small enough for two cores, and for the edge. The
 * default encoder's last stage: micro average precision 0.966 on edited copies where hashes have 0.71 (docs/encoder.md).
 */
export const copy: Preset = {
  views: "copy",
  keyViews: "copy-mild",
  size: 128,
  architecture: "resnet18",
  width: 32,
  pooling: "gem",
  head: "linear",
  dim: 256,
  batch: 128,
  bnSplits: 4,
  // At most half of a small set of photos, so that a picture's own older key is seldom among its negatives.
  queue: 4096,
  keyMomentum: 0.99,
  temperature: 0.05,
  entropyWeight: 5,
  entropyRamp: 500,
  learningRate: 0.12,
  epochs: 60,
  skipOwnKeys: true,
  // Crops show objects larger than whole pictures do, which a larger input makes up for (Touvron et al., NeurIPS 2019).
  export: { layer: "backbone", whiten: true, sizeRatio: 1.125 },
};
