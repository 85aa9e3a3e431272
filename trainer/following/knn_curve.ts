import type { FoundPictures } from "../data/picture_source.ts";
import { spread } from "../data/spread.ts";
import { embedPictures } from "../evaluate/embedder.ts";
import { EvaluationError } from "../evaluate/error.ts";
import type { LabelledFeatures } from "../evaluate/features.ts";
import { evaluateKnn } from "../evaluate/knn.ts";
import { indexLabels, readLabels } from "../evaluate/labels.ts";
import type { LabelledSource } from "../evaluate/sources.ts";
import { trainerEmbedder } from "../evaluate/trainer_embedder.ts";
import type { Trainer } from "../moco/compiled.ts";
import { preprocessingOf, type Settings } from "../moco/settings.ts";
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
  voters: LabelledSource;
  /** Of the voters' classes, and not trained on. */
  asked: LabelledSource;
}

/**
 * Chooses pictures for kNN among those of a run, a bounded number: the same ones every time, so that a curve compares.
 *
 * @param training those of the pictures that are trained on
 * @throws {EvaluationError} if the pictures' classes are not known, or none of the voters' classes was held out
 */
export function chooseKnnPictures(
  { pictures, paths: training }: FoundPictures,
  heldOut: string[],
): KnnPictures {
  const classOf = classesOf([...training, ...heldOut]);
  const voters = spread(training, MOST_VOTERS);
  const known = new Set(voters.map((path) => classOf.get(path)));
  const asked = spread(heldOut.filter((path) => known.has(classOf.get(path))), MOST_ASKED);
  if (asked.length === 0) {
    throw new EvaluationError(
      `Cannot measure kNN: held-out pictures of the training pictures' classes are required: received none among ${heldOut.length}`,
    );
  }
  return { voters: { pictures, paths: voters, classOf }, asked: { pictures, paths: asked, classOf } };
}

/**
 * kNN as benchmarks report it: every training picture votes, every test picture is asked about.
 *
 * @throws {EvaluationError} if the pictures' classes are not known, or test pictures are of others
 */
export function knnOnTest(training: FoundPictures, test: FoundPictures): KnnPictures {
  const voters = { ...training, classOf: classesOf(training.paths) };
  const asked = { ...test, classOf: classesOf(test.paths) };
  indexLabels([...voters.classOf.values()], [...asked.classOf.values()]); // now, instead of after some epochs
  return { voters, asked };
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
  { voters, asked }: KnnPictures,
): Promise<number> {
  const embedder = trainerEmbedder(tf, trainer, settings);
  const { batch } = settings;
  const preprocessing = preprocessingOf(settings);
  const embed = async ({ pictures, paths, classOf }: LabelledSource) => {
    const embedded = await embedPictures(pictures, paths, preprocessing, { embedder }, () => {}, batch);
    return {
      features: embedded.features.embedder,
      labels: embedded.paths.map((path) => classOf.get(path)!),
    };
  };
  const bank = await embed(voters);
  const queries = await embed(asked);
  const { classes, train, test } = indexLabels(bank.labels, queries.labels);
  const labelled: [LabelledFeatures, LabelledFeatures] = [
    { ...bank.features, labels: train },
    { ...queries.features, labels: test },
  ];
  return evaluateKnn(tf, ...labelled, classes.length).top1;
}

function classesOf(paths: string[]): Map<string, string> {
  const { labels } = readLabels(paths);
  return new Map(paths.map((path, i) => [path, labels[i]!]));
}
