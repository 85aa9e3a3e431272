import { findPictures, type PictureSource } from "../data/picture_source.ts";
import { type LabelScheme, readLabels } from "./labels.ts";
import { stratifiedSplit } from "./stratified_split.ts";

/** Share of each class that is tested with where no test folder is given. */
export const TEST_SHARE = 0.2;

/** Pictures that were found, with their classes. */
export interface LabelledSource {
  pictures: PictureSource;
  paths: string[];
  /** The class of each path. */
  classOf: Map<string, string>;
}

/**
 * Lists the pictures to learn from and those to test with: from a place of their own, or `TEST_SHARE` of each class.
 *
 * @param scheme where the classes are written; by default wherever they are found
 * @throws {EvaluationError} if pictures have no class, or all the same
 * @throws {ListingError} if pictures cannot be listed
 */
export async function labelledSources(
  data: string,
  test: string | undefined,
  scheme: LabelScheme | undefined,
): Promise<{ train: LabelledSource; test: LabelledSource; scheme: LabelScheme }> {
  const all = await labelledSource(data, scheme);
  if (test !== undefined) {
    return { train: all, test: await labelledSource(test, all.scheme), scheme: all.scheme };
  }
  const labels = all.paths.map((path) => all.classOf.get(path)!);
  const parts = stratifiedSplit(all.paths, labels, TEST_SHARE);
  return { train: { ...all, paths: parts.train }, test: { ...all, paths: parts.test }, scheme: all.scheme };
}

async function labelledSource(data: string, scheme?: LabelScheme) {
  const { pictures, paths } = await findPictures(data);
  const read = readLabels(paths, scheme);
  return {
    pictures,
    paths,
    classOf: new Map(paths.map((path, i) => [path, read.labels[i]!])),
    scheme: read.scheme,
  };
}
