import type { Bundle } from "../../shared/bundle.ts";
import { bundleEmbedder } from "../evaluate/bundle_embedder.ts";
import { type CollapseIndicators, collapseIndicators } from "../evaluate/collapse.ts";
import { evaluateCopy } from "../evaluate/copy/evaluate_copy.ts";
import { type Embedder, embedPictures } from "../evaluate/embedder.ts";
import { type Features, shareAbove, takeFeatures } from "../evaluate/features.ts";
import { evaluateKnn } from "../evaluate/knn.ts";
import { indexLabels } from "../evaluate/labels.ts";
import { TEST_SHARE } from "../evaluate/sources.ts";
import { stratifiedSplit } from "../evaluate/stratified_split.ts";
import type { Target } from "../evaluate/target.ts";
import { untrainedBundle } from "../evaluate/untrained.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import type { HeldOut } from "./held_out.ts";

/** What the gate knows of a bundle. */
export interface BundleMeasures {
  /** On edited copies: micro average precision, and recall at 99 % precision. */
  copy: { microAP: number; recall: number };
  /** Accuracy of weighted kNN; undefined where the pictures have no classes. */
  knn: number | undefined;
  collapse: CollapseIndicators;
  /** Share of pairs of different pictures that are copies by the manifest's threshold. */
  falseCopies: number;
}

/** Originals whose copies are looked up, unless told otherwise. */
export const COPY_ORIGINALS = 500;
/** Decides the edits: the same for every bundle. */
const COPY_SEED = 0;

/**
 * Measures a bundle's encoder, as the endpoint runs it, on the held-out pictures.
 *
 * @param originals most of them whose edits are looked up
 * @throws {EncoderError} if the graph does not run
 * @throws {EvaluationError} if it gives no finite vectors, or there are too few pictures
 */
export async function measureBundle(
  tf: typeof TensorFlow,
  bundle: Bundle,
  heldOut: HeldOut,
  originals: number,
): Promise<BundleMeasures> {
  const embedder = await bundleEmbedder(bundle);
  const { preprocessing } = bundle.manifest;
  return {
    ...await measureEmbeddings(tf, bundle, embedder, heldOut),
    copy: await measureCopies(tf, { embedder, preprocessing }, { data: heldOut.data, originals }),
  };
}

/** What the embeddings of the held-out pictures show by themselves, without edits. */
export async function measureEmbeddings(
  tf: typeof TensorFlow,
  { manifest: { preprocessing, similarity } }: Bundle,
  embedder: Embedder,
  { pictures, paths, classes }: HeldOut,
): Promise<Omit<BundleMeasures, "copy">> {
  const { features: { encoder: features }, paths: read } = await embedPictures(
    pictures,
    paths,
    preprocessing,
    { encoder: embedder },
  );
  const classOf = classes && new Map(paths.map((path, i) => [path, classes[i]!]));
  return {
    knn: classOf && knnAccuracy(tf, features, read, read.map((path) => classOf.get(path)!)),
    collapse: collapseIndicators(features),
    falseCopies: shareAbove(features, similarity.copyThreshold),
  };
}

/** How well edited copies are found. */
async function measureCopies(
  tf: typeof TensorFlow,
  target: Pick<Target, "embedder" | "preprocessing">,
  request: { data: string; originals: number },
): Promise<BundleMeasures["copy"]> {
  const { plain } = await evaluateCopy(tf, target, { ...request, seed: COPY_SEED });
  return { microAP: plain.microAP, recall: plain.at99.recall };
}

/**
 * Micro average precision on edited copies of the bundle's network with the weights that its training began with.
 *
 * @throws {EvaluationError} if the manifest does not describe the network
 */
export async function untrainedPrecision(
  tf: typeof TensorFlow,
  bundle: Bundle,
  { data }: HeldOut,
  originals: number,
): Promise<number> {
  const embedder = await bundleEmbedder(untrainedBundle(bundle));
  const { preprocessing } = bundle.manifest;
  return (await measureCopies(tf, { embedder, preprocessing }, { data, originals })).microAP;
}

/** A fifth of each class is told by its neighbours among the others. */
function knnAccuracy(
  tf: typeof TensorFlow,
  features: Features,
  paths: string[],
  classes: string[],
): number {
  const { test } = stratifiedSplit(paths, classes, TEST_SHARE);
  const tested = new Set(test);
  const rows = { train: [] as number[], test: [] as number[] };
  paths.forEach((path, row) => rows[tested.has(path) ? "test" : "train"].push(row));
  const labels = indexLabels(
    rows.train.map((row) => classes[row]!),
    rows.test.map((row) => classes[row]!),
  );
  const part = (name: "train" | "test") => {
    const taken = takeFeatures({ ...features, labels: new Int32Array(paths.length) }, rows[name]);
    return { ...taken, labels: labels[name] };
  };
  return evaluateKnn(tf, part("train"), part("test"), labels.classes.length).top1;
}
