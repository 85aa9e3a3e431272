import { findPictures, type PictureSource } from "../../data/picture_source.ts";
import { splitPictures } from "../../data/split.ts";
import { spread } from "../../data/spread.ts";
import { DECODERS } from "../embedder.ts";
import { EvaluationError } from "../error.ts";
import { distinctPictures, type Thumbnail } from "./distinct.ts";
import { editedName } from "./edited_set.ts";
import { EDITS } from "./edits.ts";

/** Share of the pictures that are distractors where no folder of them is given. */
const DISTRACTOR_SHARE = 0.2;

export interface CopyRequest {
  /** Folder or archive of originals. */
  data: string;
  /** Folder or archive of pictures whose edits have no original; by default a fifth of `data`. */
  distractors?: string;
  /** Most originals, at equal distances over all; as many distractors at most. */
  originals: number;
  seed: number;
}

/** Pictures, and the edits of each. */
export interface EditedPictures {
  pictures: PictureSource;
  paths: string[];
  edits: { pictures: PictureSource; paths: string[] };
}

/**
 * Originals that edited pictures are looked up among, and distractors, whose originals are not there to be found. The other
 * picture of a collage is always a distractor: an original there would be found rightly, and count as wrong.
 */
export interface CopySet {
  originals: EditedPictures;
  distractors: EditedPictures;
}

/**
 * Chooses originals and distractors, none of them a copy of another.
 *
 * @throws {EvaluationError} if there are fewer than 2 originals or 4 distractors that can be read
 */
export async function planCopySet(
  { data, distractors: distractorData, originals: most, seed }: CopyRequest,
): Promise<CopySet> {
  const all = await findDistinct(data);
  const parts = splitPictures(
    all.paths,
    distractorData ? 0 : Math.floor(DISTRACTOR_SHARE * all.paths.length),
  );
  const others = distractorData
    ? await findDistinct(distractorData, all.thumbnails)
    : { ...all, paths: parts.heldOut };
  const beside = { pictures: others.pictures, paths: spread(others.paths, most) };
  const edited = (pictures: PictureSource, found: string[]): EditedPictures => {
    const paths = spread(found, most);
    const names = paths.flatMap((path) => Object.keys(EDITS).map((edit) => editedName(edit, path)));
    return {
      pictures,
      paths,
      edits: { pictures: { kind: "edits", pictures, paths, others: beside, seed }, paths: names },
    };
  };
  const set = {
    originals: edited(all.pictures, parts.training),
    distractors: edited(others.pictures, others.paths),
  };
  const [originals, distractors] = [set.originals.paths.length, set.distractors.paths.length];
  if (originals >= 2 && distractors >= 4) return set;
  throw new EvaluationError(
    `Cannot evaluate copies: at least 2 originals and 4 distractors that can be read are required: received ${originals} and ${distractors}`,
  );
}

async function findDistinct(data: string, known?: Thumbnail[]) {
  const { pictures, paths } = await findPictures(data);
  const skip = (path: string, reason: string) => console.error(`Skipped ${path}: ${reason}`);
  const thumbnails = await distinctPictures(pictures, paths, DECODERS, skip, known);
  return { pictures, paths: thumbnails.map(({ path }) => path), thumbnails };
}
