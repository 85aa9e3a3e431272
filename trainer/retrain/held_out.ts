import { sha256Hex } from "../../shared/digest.ts";
import { findPictures, type PictureSource } from "../data/picture_source.ts";
import { EvaluationError } from "../evaluate/error.ts";
import { type LabelScheme, readLabels } from "../evaluate/labels.ts";

/** Pictures of a class below which it cannot be split for kNN. */
const FEWEST_OF_A_CLASS = 5;

/** The fixed pictures that candidates and current bundles are measured on. Nothing was trained on them. */
export interface HeldOut {
  /** Folder, `.tar` or module, as it was named. */
  data: string;
  pictures: PictureSource;
  paths: string[];
  /** The class of each path; undefined where the pictures have none. */
  classes: string[] | undefined;
  /** Of the names: two comparisons on one set have one fingerprint. */
  fingerprint: string;
}

/**
 * Lists the held-out pictures, and their classes where they are found.
 *
 * @param scheme where the classes are written; by default where every picture has one, of five pictures or more
 * @throws {ListingError} if there are no pictures
 * @throws {EvaluationError} if a scheme is given and does not fit
 */
export async function openHeldOut(data: string, scheme?: LabelScheme): Promise<HeldOut> {
  const { pictures, paths } = await findPictures(data);
  const digest = await sha256Hex(new TextEncoder().encode(paths.join("\n")));
  return { data, pictures, paths, classes: findClasses(paths, scheme), fingerprint: digest.slice(0, 16) };
}

function findClasses(paths: string[], scheme: LabelScheme | undefined): string[] | undefined {
  let labels: string[];
  try {
    labels = readLabels(paths, scheme).labels;
  } catch (error) {
    if (scheme === undefined && error instanceof EvaluationError) return undefined;
    throw error;
  }
  const sizes = Map.groupBy(labels, (label) => label);
  const isLarge = [...sizes.values()].every(({ length }) => length >= FEWEST_OF_A_CLASS);
  return scheme !== undefined || isLarge ? labels : undefined;
}
