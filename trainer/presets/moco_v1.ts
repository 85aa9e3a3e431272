import type { Preset } from "./preset.ts";

/**
 * MoCo v1: He et al., CVPR 2020; main_moco.py without options. Linear head, steps at 120 and 160 of 200 epochs.
 * Not trained to its end here: it is meant for ImageNet and eight GPUs.
 */
export const mocoV1: Preset = { views: "v1", head: "linear", temperature: 0.07, schedule: "steps" };
