import type { PictureSource } from "../data/picture_source.ts";
import { embedPictures } from "../evaluate/embedder.ts";
import { EvaluationError } from "../evaluate/error.ts";
import type { LabelledFeatures } from "../evaluate/features.ts";
import { evaluateKnn } from "../evaluate/knn.ts";
import { indexLabels, readLabels } from "../evaluate/labels.ts";
import { trainerEmbedder } from "../evaluate/trainer_embedder.ts";
import type { Trainer } from "../moco/compiled.ts";
import type { Settings } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";

/**
 * Most pictures that vote and that are asked about, at equal distances over all: the standard error of an accuracy from
 * 1,000 pictures is 1.6 points at most, and embedding 5,000 takes 4 % of an epoch of `cifar10-small` on two cores.
 */
const MOST_VOTERS = 4000;
const MOST_ASKED = 1000;

/** Pictures of known classes that kNN is measured on during training. */
export interface KnnPictures {
  /** Of those that are trained on. */
  voters: string[];
  /** Held out, of the voters' classes. */
  asked: string[];
  /** The class of each, from 0. */
  classOf: Map<string, number>;
  classes: number;
}

/**
 * Chooses pictures for kNN: the same ones every time, so that a curve compares.
 *
 * @throws {EvaluationError} if the pictures' classes are not known, or none of the voters' classes was held out
 */
export function chooseKnnPictures(training: string[], heldOut: string[]): KnnPictures {
  const all = [...training, ...heldOut];
  const read = readLabels(all).labels;
  const labelOf = new Map(all.map((path, i) => [path, read[i]!]));
  const labelsOf = (paths: string[]) => paths.map((path) => labelOf.get(path)!);
  const voters = spread(training, MOST_VOTERS);
  const known = new Set(labelsOf(voters));
  const asked = spread(heldOut.filter((path) => known.has(labelOf.get(path)!)), MOST_ASKED);
  if (asked.length === 0) {
    throw new EvaluationError(
      `Cannot measure kNN: held-out pictures of the training pictures' classes are required: received none among ${heldOut.length}`,
    );
  }
  const { classes, train, test } = indexLabels(labelsOf(voters), labelsOf(asked));
  const classOf = new Map([
    ...voters.map((path, i) => [path, train[i]!] as const),
    ...asked.map((path, i) => [path, test[i]!] as const),
  ]);
  return { voters, asked, classOf, classes: classes.length };
}

/**
 * Weighted kNN of the encoder as it stands.
 *
 * @returns the share of pictures whose class was the first guess
 * @throws {EvaluationError} if no picture can be read, or an embedding is not finite
 */
export async function measureKnn(
  tf: typeof TensorFlow,
  trainer: Pick<Trainer, "embed">,
  settings: Settings,
  pictures: PictureSource,
  { voters, asked, classOf, classes }: KnnPictures,
): Promise<number> {
  const embedder = trainerEmbedder(tf, trainer, settings);
  const { size, mean, std, batch } = settings;
  const preprocessing = { fit: "squeeze", size, mean, std } as const;
  const embed = async (paths: string[]): Promise<LabelledFeatures> => {
    const embedded = await embedPictures(pictures, paths, preprocessing, { embedder }, () => {}, batch);
    const labels = Int32Array.from(embedded.paths, (path) => classOf.get(path)!);
    return { ...embedded.features.embedder, labels };
  };
  const bank = await embed(voters);
  return evaluateKnn(tf, bank, await embed(asked), classes).top1;
}

/** At most `count` of the paths, at equal distances. */
function spread(paths: string[], count: number): string[] {
  if (paths.length <= count) return paths;
  return Array.from({ length: count }, (_, i) => paths[Math.floor(i * paths.length / count)]!);
}
