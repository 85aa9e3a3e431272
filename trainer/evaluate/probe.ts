import type { TensorFlow } from "../tensorflow/load.ts";
import { type Accuracy, accuracyOf, guessesFor } from "./accuracy.ts";
import { type Features, type LabelledFeatures, takeFeatures } from "./features.ts";
import { type Classifier, classify, fitLogistic, scalingOf } from "./logistic.ts";
import { largest } from "../largest.ts";

/** Candidates for l2, strongest first: each fit starts from the one before. */
const L2 = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5];

/** One training picture in so many, of each class, chooses l2. */
const VALIDATION = 5;

export interface ProbeResult extends Accuracy {
  /** The regularisation that was chosen. */
  l2: number;
}

/**
 * Linear probe: multinomial logistic regression on frozen, standardised features. The regularisation is the one of `L2`
 * that is right most often on a fifth of the training pictures when fitted on the rest; then all are fitted.
 *
 * @param onProgress told after each of `PROBE_FITS` fits
 */
export function evaluateProbe(
  tf: typeof TensorFlow,
  train: LabelledFeatures,
  test: LabelledFeatures,
  classes: number,
  onProgress: () => void = () => {},
): ProbeResult {
  const { fitting, validation } = everyFifth(train);
  const scaling = scalingOf(fitting);
  let start: Classifier | undefined;
  let best = { l2: L2[0]!, top1: -1 };
  for (const l2 of L2) {
    start = fitLogistic(tf, fitting, { classes, l2, scaling, start });
    const { top1 } = accuracyOf(guess(tf, start, validation), validation.labels);
    if (top1 > best.top1) best = { l2, top1 };
    onProgress();
  }
  const { l2 } = best;
  const classifier = fitLogistic(tf, train, { classes, l2, scaling: scalingOf(train) });
  onProgress();
  return { l2, ...accuracyOf(guess(tf, classifier, test), test.labels) };
}

/** Fits that one probe makes. */
export const PROBE_FITS = L2.length + 1;

function guess(tf: typeof TensorFlow, classifier: Classifier, features: Features): number[][] {
  const { classes } = classifier;
  const logits = classify(tf, classifier, features);
  return Array.from(
    { length: logits.length / classes },
    (_, i) => largest(logits.subarray(i * classes, (i + 1) * classes), guessesFor(classes)),
  );
}

/** Every fifth picture of each class, and the others. A class of fewer than five is fitted with whole. */
function everyFifth(train: LabelledFeatures): { fitting: LabelledFeatures; validation: LabelledFeatures } {
  const seen = new Map<number, number>();
  const rows: { fitting: number[]; validation: number[] } = { fitting: [], validation: [] };
  train.labels.forEach((label, row) => {
    const place = (seen.get(label) ?? 0) + 1;
    seen.set(label, place);
    (place % VALIDATION === 0 ? rows.validation : rows.fitting).push(row);
  });
  return { fitting: takeFeatures(train, rows.fitting), validation: takeFeatures(train, rows.validation) };
}
