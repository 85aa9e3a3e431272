import type { Preset } from "./preset.ts";

/**
 * MoCo v2: Chen et al., arXiv 2003.04297; main_moco.py --mlp --moco-t 0.2 --aug-plus --cos.
 * Not trained to its end here: it is meant for ImageNet and eight GPUs.
 */
export const mocoV2: Preset = { views: "v2", head: "mlp", temperature: 0.2, schedule: "cosine" };
