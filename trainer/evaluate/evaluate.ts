import { findPictures } from "../data/picture_source.ts";
import { progressBar } from "../progress.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { type Accuracy, largestClasses } from "./accuracy.ts";
import { type CollapseIndicators, collapseIndicators } from "./collapse.ts";
import { colourHistogram } from "./colour_histogram.ts";
import { embedPictures } from "./embedder.ts";
import { EvaluationError } from "./error.ts";
import type { LabelledFeatures } from "./features.ts";
import { evaluateKnn, type KnnResult } from "./knn.ts";
import { indexLabels, type LabelScheme } from "./labels.ts";
import { evaluateProbe, PROBE_FITS, type ProbeResult } from "./probe.ts";
import { type LabelledSource, labelledSources } from "./sources.ts";
import type { Target } from "./target.ts";

export const TASKS = ["knn", "probe", "collapse"] as const;
export type Task = typeof TASKS[number];

export interface EvaluationRequest {
  tasks: Task[];
  /** Folder or archive of pictures that kNN and probe learn from; collapse looks at these alone. */
  data: string;
  /** Folder or archive of pictures to test with; by default a fifth of `data`. */
  test?: string;
  /** Where the classes are written; by default wherever they are found. */
  labels?: LabelScheme;
}

/** A task's results are absent where it was not asked for. */
export interface Evaluation {
  /** Pictures that could be read: to learn from, and to test with. */
  pictures: { train: number; test: number };
  /** Files that could not be read, each with the reason. */
  skipped: Record<string, string>;
  /** Absent where no task needs classes. */
  classes?: { count: number; labels: LabelScheme };
  knn?: KnnResult;
  /** What kNN must beat: a colour histogram in the encoder's place, and always naming the largest classes. */
  baselines?: { colourHistogram: KnnResult; largestClasses: Accuracy };
  probe?: ProbeResult;
  collapse?: CollapseIndicators;
}

type Encoder = Pick<Target, "embedder" | "preprocessing">;

/**
 * Embeds pictures and measures how well their classes can be told by the embeddings, and whether these collapsed. Long
 * work shows its progress on standard error.
 *
 * @throws {EvaluationError} if classes are missing or do not fit, or no picture can be read
 * @throws {ListingError} if pictures cannot be listed
 */
export async function evaluate(
  tf: typeof TensorFlow,
  encoder: Encoder,
  request: EvaluationRequest,
): Promise<Evaluation> {
  const needClasses = request.tasks.some((task) => task !== "collapse");
  if (needClasses) return await evaluateByClasses(tf, encoder, request);
  if (request.test !== undefined || request.labels !== undefined) {
    throw new EvaluationError(
      "Cannot evaluate: --test and --labels are for knn and probe: received --task collapse alone",
    );
  }
  return await evaluateWithoutClasses(encoder, request.data);
}

async function evaluateWithoutClasses(
  { embedder, preprocessing }: Encoder,
  data: string,
): Promise<Evaluation> {
  const { pictures, paths } = await findPictures(data);
  const bar = progressBar("pictures", paths.length);
  const { features, skipped } = await embedPictures(
    pictures,
    paths,
    preprocessing,
    { embedder },
    bar.advance,
  );
  bar.done();
  return {
    pictures: { train: paths.length - skipped.size, test: 0 },
    skipped: Object.fromEntries(skipped),
    collapse: collapseIndicators(features.embedder),
  };
}

async function evaluateByClasses(
  tf: typeof TensorFlow,
  { embedder, preprocessing }: Encoder,
  { tasks, data, test: testData, labels: wanted }: EvaluationRequest,
): Promise<Evaluation> {
  const sources = await labelledSources(data, testData, wanted);
  const embedders = { encoder: embedder, colours: colourHistogram(preprocessing.size) };
  const bar = progressBar("pictures", sources.train.paths.length + sources.test.paths.length);
  const embed = async ({ pictures, paths, classOf }: LabelledSource) => {
    const embedded = await embedPictures(pictures, paths, preprocessing, embedders, bar.advance);
    return { ...embedded, labels: embedded.paths.map((path) => classOf.get(path)!) };
  };
  const train = await embed(sources.train);
  const test = await embed(sources.test);
  bar.done();

  const { classes, ...labels } = indexLabels(train.labels, test.labels);
  const parts = (name: keyof typeof embedders): [LabelledFeatures, LabelledFeatures] => [
    { ...train.features[name], labels: labels.train },
    { ...test.features[name], labels: labels.test },
  ];
  const evaluation: Evaluation = {
    pictures: { train: train.paths.length, test: test.paths.length },
    skipped: Object.fromEntries([...train.skipped, ...test.skipped]),
    classes: { count: classes.length, labels: sources.scheme },
  };
  if (tasks.includes("knn")) {
    const bar = progressBar("kNN", 2 * test.paths.length);
    const knn = (name: keyof typeof embedders) =>
      evaluateKnn(tf, ...parts(name), classes.length, bar.advance);
    evaluation.knn = knn("encoder");
    evaluation.baselines = {
      colourHistogram: knn("colours"),
      largestClasses: largestClasses(labels.train, labels.test, classes.length),
    };
    bar.done();
  }
  if (tasks.includes("probe")) {
    const bar = progressBar("probe", PROBE_FITS);
    evaluation.probe = evaluateProbe(tf, ...parts("encoder"), classes.length, bar.advance);
    bar.done();
  }
  if (tasks.includes("collapse")) evaluation.collapse = collapseIndicators(train.features.encoder);
  return evaluation;
}
