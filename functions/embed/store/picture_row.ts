import type { Database, Row } from "./database.ts";
import type { PictureRecord, StoredPicture } from "./store.ts";

/** Columns of a picture as callers see it: of `pictures` p and `embeddings` e. */
export const PICTURE_COLUMNS =
  "p.id, p.sha256, p.url, p.priority, p.created, p.metadata, e.bytes, e.width, e.height, e.format";

/** Of pictures of the same bytes, the one that stands for all comes first. */
export const PICTURE_ORDER = "p.priority DESC, p.created, p.id";

/** What was said of a picture when it was put: a row of `pictures`. */
export function readRecord(row: Row): PictureRecord & { created: number } {
  return {
    id: String(row["id"]),
    sha256: String(row["sha256"]),
    url: row["url"] === null ? null : String(row["url"]),
    priority: Number(row["priority"]),
    created: Number(row["created"]),
    metadata: JSON.parse(String(row["metadata"])),
  };
}

export function readPicture(row: Row): StoredPicture {
  return {
    ...readRecord(row),
    bytes: Number(row["bytes"]),
    width: Number(row["width"]),
    height: Number(row["height"]),
    format: String(row["format"]),
  };
}

/** The pictures of a collection that have these bytes, first the one that stands for all. */
export async function picturesOf(
  database: Database,
  bundle: string,
  collection: string,
  sha256: string,
): Promise<StoredPicture[]> {
  const rows = await database.query(
    `SELECT ${PICTURE_COLUMNS} FROM pictures p JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
     WHERE p.collection = $2 AND p.sha256 = $3 ORDER BY ${PICTURE_ORDER}`,
    bundle,
    collection,
    sha256,
  );
  return rows.map(readPicture);
}

/** A picture of a collection by its id. */
export async function pictureOf(
  database: Database,
  bundle: string,
  collection: string,
  id: string,
): Promise<StoredPicture | undefined> {
  const [row] = await database.query(
    `SELECT ${PICTURE_COLUMNS} FROM pictures p JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
     WHERE p.collection = $2 AND p.id = $3`,
    bundle,
    collection,
    id,
  );
  return row && readPicture(row);
}

/** The next pictures of a collection, by their ids after that of the cursor; `next` is null after the last. */
export async function readPictures(
  database: Database,
  { bundle, collection }: { bundle: string; collection: string },
  { after, limit }: { after: string; limit: number },
): Promise<{ pictures: StoredPicture[]; next: string | null }> {
  const rows = await database.query(
    `SELECT ${PICTURE_COLUMNS} FROM pictures p JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
     WHERE p.collection = $2 AND p.id > $3 ORDER BY p.id LIMIT $4`,
    bundle,
    collection,
    after,
    limit,
  );
  return { pictures: rows.map(readPicture), next: rows.length < limit ? null : String(rows.at(-1)!["id"]) };
}
