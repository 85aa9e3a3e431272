/** How views are made: plain data, which goes to workers and into a run's settings. */
export interface ViewRecipe {
  /** Least and most share of the picture's area that a crop has. */
  cropScale: [number, number];
  /** What changes colours and sharpness, in this order. */
  photometric: PhotometricStep[];
}

/** One change of a view's colours or sharpness, made with a probability. */
export type PhotometricStep =
  | {
    /**
     * Each factor is drawn from 1 - strength to 1 + strength, hue from -strength to strength of the circle; the four
     * are applied in random order.
     */
    kind: "jitter";
    brightness: number;
    contrast: number;
    saturation: number;
    hue: number;
    probability: number;
  }
  | { kind: "grey"; probability: number }
  | {
    kind: "blur";
    /** Standard deviation in pixels, drawn between the two. */
    sigma: [number, number];
    probability: number;
  };

const strength = { brightness: 0.4, contrast: 0.4, saturation: 0.4 };

/** The views of the official code, step by step in its order. */
export const VIEW_RECIPES = {
  /** main_moco.py without --aug-plus */
  v1: {
    cropScale: [0.2, 1],
    photometric: [
      { kind: "grey", probability: 0.2 },
      { kind: "jitter", ...strength, hue: 0.4, probability: 1 },
    ],
  },
  /** main_moco.py with --aug-plus */
  v2: {
    cropScale: [0.2, 1],
    photometric: [
      { kind: "jitter", ...strength, hue: 0.1, probability: 0.8 },
      { kind: "grey", probability: 0.2 },
      { kind: "blur", sigma: [0.1, 2], probability: 0.5 },
    ],
  },
  /** colab/moco_cifar10_demo.ipynb */
  cifar10: {
    cropScale: [0.08, 1],
    photometric: [
      { kind: "jitter", ...strength, hue: 0.1, probability: 0.8 },
      { kind: "grey", probability: 0.2 },
    ],
  },
} satisfies Record<string, ViewRecipe>;
