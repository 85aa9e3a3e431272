import type { Arrangement } from "./arrange.ts";

/** How views are made: plain data, which goes to workers and into a run's settings. */
export interface ViewRecipe extends Arrangement {
  /** Least and most share of the picture's area that a crop has. */
  cropScale: [number, number];
  /** Share of views that have all of the picture instead, squeezed to a square. */
  whole?: number;
  /** Share of queries in which the whole picture lies beside another one of the set. */
  collage?: number;
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
  }
  | {
    /** Text, a bar with text, or a logo. */
    kind: "overlay";
    probability: number;
  }
  | {
    /** What JPEG loses at a quality between the two. */
    kind: "jpeg";
    quality: [number, number];
    probability: number;
  };

const strength = { brightness: 0.4, contrast: 0.4, saturation: 0.4 };

/** v1, v2 and cifar10 are the views of the official code, step by step in its order. */
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
  /** What people do to pictures that they copy: queries of the preset `copy`. */
  copy: {
    cropScale: [0.08, 0.8],
    whole: 0.15,
    collage: 0.15,
    canvas: { probability: 0.25, shrink: [1.05, 2] },
    turn: { probability: 0.3, degrees: 16 },
    quarterTurn: { probability: 0.3 },
    photometric: [
      { kind: "jitter", brightness: 0.6, contrast: 0.6, saturation: 0.85, hue: 0.1, probability: 0.7 },
      { kind: "grey", probability: 0.2 },
      { kind: "overlay", probability: 0.25 },
      { kind: "blur", sigma: [0.1, 2.5], probability: 0.25 },
      { kind: "jpeg", quality: [5, 60], probability: 0.25 },
    ],
  },
  /** Pictures nearly as they are, which the views of `copy` are to be found by: its keys. */
  "copy-mild": {
    cropScale: [0.5, 1],
    whole: 0.6,
    photometric: [{
      kind: "jitter",
      brightness: 0.2,
      contrast: 0.2,
      saturation: 0.2,
      hue: 0.02,
      probability: 0.5,
    }],
  },
} satisfies Record<string, ViewRecipe>;
