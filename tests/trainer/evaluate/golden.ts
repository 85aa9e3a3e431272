import type { LabelledFeatures } from "../../../trainer/evaluate/features.ts";

interface Part {
  values: number[];
  labels: number[];
}

interface Golden {
  classes: number;
  dimensions: number;
  train: Part;
  test: Part;
  knn: { k: number; T: number; scores: number[][] };
  logistic: { l2: number; logits: number[][] };
  indicators: { spread: number; effectiveRank: number; uniformity: number };
}

/** Made by fixtures/evaluation_goldens.py. */
export const golden: Golden = JSON.parse(
  await Deno.readTextFile(new URL("../../../fixtures/evaluation.json", import.meta.url)),
);

function part({ values, labels }: Part): LabelledFeatures {
  return {
    values: Float32Array.from(values),
    labels: Int32Array.from(labels),
    dimensions: golden.dimensions,
  };
}

export const train = part(golden.train);
export const test = part(golden.test);
