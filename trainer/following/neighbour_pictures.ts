import { encode } from "fast-png";
import { encodeBase64 } from "@std/encoding/base64";
import { contain } from "../data/contact_sheet.ts";
import { openPictures, type PictureSource } from "../data/picture_source.ts";
import { spread } from "../data/spread.ts";
import { readPicture } from "../data/read_picture.ts";
import { embedPictures } from "../evaluate/embedder.ts";
import { trainerEmbedder } from "../evaluate/trainer_embedder.ts";
import type { Trainer } from "../moco/compiled.ts";
import { preprocessingOf, type Settings } from "../moco/settings.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { nearestNeighbours } from "./neighbours.ts";

const QUERIES = 8, NEIGHBOURS = 6;
/** Held-out pictures that are compared: embedding them takes seconds where there is no GPU. */
const MOST_COMPARED = 512;
/** Longer side of a thumbnail in pixels. */
const SIDE = 96;

export interface ShownPicture {
  path: string;
  /** A `data:` URL. */
  image: string;
}

/** A picture and those most like it. */
export interface NeighbourRow {
  query: ShownPicture;
  /** The most alike first; `similarity` is the cosine of the embeddings. */
  neighbours: (ShownPicture & { similarity: number })[];
}

export interface NeighbourRows {
  rows: NeighbourRow[];
  /** Pictures that were compared. */
  compared: number;
  /** Files that could not be read, each with the reason. */
  skipped: Map<string, string>;
}

/**
 * Finds each of some held-out pictures' nearest neighbours among the held-out pictures.
 *
 * @param heldOut two at least
 * @throws {EvaluationError} if no picture can be read, or an embedding is not finite
 */
export async function findNeighbours(
  tf: typeof TensorFlow,
  trainer: Pick<Trainer, "embed">,
  settings: Settings,
  pictures: PictureSource,
  heldOut: string[],
): Promise<NeighbourRows> {
  const { batch } = settings;
  const preprocessing = preprocessingOf(settings);
  const embedder = trainerEmbedder(tf, trainer, settings);
  const { paths, features, skipped } = await embedPictures(
    pictures,
    spread(heldOut, MOST_COMPARED),
    preprocessing,
    { embedder },
    () => {},
    batch,
  );
  const set = await openPictures(pictures);
  const shown = async (path: string): Promise<ShownPicture> => {
    const read = await readPicture(set, path, SIDE);
    // Embedded a moment ago, so that only a file that has gone since cannot be read.
    if ("reason" in read) return { path, image: "data:," };
    const side = Math.min(SIDE, Math.max(read.pixels.width, read.pixels.height));
    const png = encode({ ...contain(read.pixels, side), channels: 3, depth: 8 });
    return { path, image: `data:image/png;base64,${encodeBase64(png)}` };
  };
  const rows: NeighbourRow[] = [];
  for (const row of spread([...paths.keys()], QUERIES)) {
    const neighbours = nearestNeighbours(features.embedder, row, NEIGHBOURS);
    rows.push({
      query: await shown(paths[row]!),
      neighbours: await Promise.all(
        neighbours.map(async ({ row, similarity }) => ({ ...await shown(paths[row]!), similarity })),
      ),
    });
  }
  return { rows, compared: paths.length, skipped };
}
