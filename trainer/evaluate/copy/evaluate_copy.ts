import type { PictureSource } from "../../data/picture_source.ts";
import { progressBar } from "../../progress.ts";
import type { TensorFlow } from "../../tensorflow/load.ts";
import { embedPictures } from "../embedder.ts";
import { countOf, type Features, normalizeFeatures, shareAbove } from "../features.ts";
import type { Target } from "../target.ts";
import { type CopyRequest, planCopySet } from "./copy_set.ts";
import { besideIn, parseEditedName } from "./edited_set.ts";
import { EDITS } from "./edits.ts";
import { rank, type Ranking } from "./ranking.ts";
import { backgroundLevels, scorePairs } from "./scores.ts";

export interface CopyEvaluation {
  originals: number;
  distractors: number;
  queries: number;
  /** Of pairs of different originals, the share that is more alike than the threshold of 99 % precision. */
  differentPairsAbove: number;
  /** By cosine similarity. */
  plain: CopyScores;
  /** By similarity less the mean of the query's three highest to distractors (SSCD, section 5.2). */
  normalized: CopyScores;
}

export interface CopyScores extends Ranking {
  /** Recall of each edit at the threshold of 99 % precision. */
  byEdit: Record<string, number>;
}

/**
 * Looks edited pictures up among originals. Files are made, decoded and embedded as an upload would be.
 *
 * @throws {EvaluationError} if there are too few pictures that can be read, or a vector is not finite
 */
export async function evaluateCopy(
  tf: typeof TensorFlow,
  { embedder, preprocessing }: Pick<Target, "embedder" | "preprocessing">,
  request: CopyRequest,
): Promise<CopyEvaluation> {
  const { originals, distractors } = await planCopySet(request);
  const sources = [originals, distractors, originals.edits, distractors.edits];
  const bar = progressBar("pictures", sources.reduce((sum, { paths }) => sum + paths.length, 0));
  const embed = async ({ pictures, paths }: { pictures: PictureSource; paths: string[] }) => {
    const embedded = await embedPictures(pictures, paths, preprocessing, { embedder }, bar.advance);
    return { features: normalizeFeatures(embedded.features.embedder), paths: embedded.paths };
  };
  const references = await embed(originals);
  const background = await embed(distractors);
  const queries = await embed(originals.edits);
  const strangers = await embed(distractors.edits);
  bar.done();

  const place = new Map(references.paths.map((path, index) => [path, index]));
  const named = queries.paths.map(parseEditedName);
  const owners = [...named.map(({ path }) => place.get(path)!), ...strangers.paths.map(() => -1)];
  const asked = joined(queries.features, strangers.features);
  const backgroundPlace = new Map(background.paths.map((path, index) => [path, index]));
  const madeFrom = [
    ...named.map(({ edit, path }) =>
      edit === "collage" ? [besideIn(background.paths.length, place.get(path)!)] : []
    ),
    ...strangers.paths.map(parseEditedName).map(({ edit, path }) => {
      const own = backgroundPlace.get(path)!;
      return edit === "collage" ? [own, besideIn(background.paths.length, own)] : [own];
    }),
  ];
  const levels = backgroundLevels(tf, asked, background.features, madeFrom);
  const scores = (shift?: Float32Array): CopyScores => {
    const { copies, others } = scorePairs(tf, asked, references.features, owners, shift);
    const ranking = rank(copies, others);
    const byEdit = Object.fromEntries(
      Object.keys(EDITS).map((edit) => {
        const own = copies.filter((_, query) => named[query]!.edit === edit);
        return [edit, own.filter((score) => score >= ranking.at99.threshold).length / own.length];
      }),
    );
    return { ...ranking, byEdit };
  };
  const plain = scores();
  return {
    ...{ originals: references.paths.length, distractors: background.paths.length, queries: countOf(asked) },
    differentPairsAbove: shareAbove(references.features, plain.at99.threshold),
    ...{ plain, normalized: scores(levels) },
  };
}

function joined(a: Features, b: Features): Features {
  const values = new Float32Array(a.values.length + b.values.length);
  values.set(a.values);
  values.set(b.values, a.values.length);
  return { values, dimensions: a.dimensions };
}
