import type { Image } from "../../../shared/api.ts";

/** A picture's vector, and what the picture was. */
export interface Embedding extends Image {
  /** Of unit L2 norm. */
  vector: Float32Array;
}

/** What is kept of a picture beside its embedding. */
export interface Traces {
  /** Size of its file. */
  bytes: number;
  /** Its pixels, squeezed (`shared/image/thumbnail.ts`). */
  thumbnail: Uint8Array;
}

/** A picture's embedding, and what is kept beside it. */
export interface Embedded {
  embedding: Embedding;
  traces: Traces;
}

/** Which of the pictures that are copies of each other is the one to keep: the largest, or the oldest. */
export const CANONICAL_RULES = ["largest", "oldest"] as const;
export type CanonicalRule = (typeof CANONICAL_RULES)[number];

/** What a collection's groups are made by. */
export interface CollectionSettings {
  /** Similarity from which on two pictures are copies; null for the bundle's own. */
  threshold: number | null;
  /** Precision that the bundle's own shall have; null for what the bundle takes copies by. */
  precision: number | null;
  canonical: CanonicalRule;
}

/** A collection's settings, and what is in it. */
export interface CollectionSummary extends CollectionSettings {
  name: string;
  pictures: number;
  /** Of different bytes. */
  contents: number;
  /** Pictures of which another one is a copy. */
  groups: number;
  bytes: number;
  /** Bytes of the pictures that another one can be served in place of. */
  bytesSaved: number;
}

/** What a caller says about a picture that goes into a collection. */
export interface PictureRecord {
  /** The caller's own name for it. */
  id: string;
  sha256: string;
  url: string | null;
  /** A greater number comes before the collection's rule: a whole number from -1000 to 1000, 0 for most. */
  priority: number;
  /**
   * When it came into being, in milliseconds since 1970: what "oldest" goes by. If null, what it was before under the
   * same id, or now.
   */
  created: number | null;
  metadata: Record<string, unknown>;
}

/** A picture of a collection. */
export interface StoredPicture extends PictureRecord, Image {
  created: number;
  /** Size of its file. */
  bytes: number;
}

/** How alike a picture is to another, and what that means. */
export interface Verdict {
  /** Cosine similarity. */
  score: number;
  /** Whether the other can be served in its place: the same framing, aspect and content, and no smaller. */
  replaceable: boolean;
}

/** What is looked for: a vector, or a picture that the store has an embedding of. */
export type Sought = { vector: Float32Array } | { sha256: string };

/** A picture that was found, and how alike it is to what was looked for. */
export interface Match extends StoredPicture {
  /** Cosine similarity. */
  score: number;
  /** Whether the two are copies, by the collection's threshold. */
  copy: boolean;
  /** Whether it can be served in place of what was looked for; null where that is a vector alone. */
  replaceable: boolean | null;
}

/** A picture's place: the picture to serve instead of it, which may be itself. */
export interface Placement extends Verdict {
  picture: StoredPicture;
  canonical: StoredPicture;
}

/** A canonical picture and its copies, the nearest first. */
export interface Group {
  canonical: StoredPicture;
  members: (StoredPicture & Verdict)[];
}

/** A picture that another one can be served in place of, from another URL. */
export interface Redirect {
  id: string;
  url: string;
  canonicalUrl: string;
}

/** What came of putting a picture. */
export interface PutResult {
  /** Whether the collection had no picture of that id. */
  isNew: boolean;
  /**
   * SHA-256 of the canonical pictures, old and new, whose groups are other than they were, or have a picture of which
   * something else is said: of all that were put in one transaction.
   */
  changed: string[];
}

/** What putting a picture needs to know of the bundle that is served. */
export interface BundleTraits {
  id: string;
  /** Length of its vectors. */
  dimensions: number;
  /** Similarity from which on it takes two pictures for copies. */
  copyThreshold: number;
  /** Those that reach a precision, by ascending precision; absent where they were not measured. */
  thresholds?: { precision: number; threshold: number }[];
}

/**
 * Embeddings by the SHA-256 of a picture's bytes and the id of the bundle that embedded it (the vectors of two bundles
 * are never mixed), and collections of pictures with their groups of copies.
 */
export interface Store {
  get(bundle: string, sha256: string): Promise<Embedding | undefined>;
  /** Keeps an embedding; one that is there already stays as it is. */
  put(bundle: string, embedding: Embedding, traces: Traces): Promise<void>;
  /** Keeps many embeddings, as `put` does, all of them or none. */
  putMany(bundle: string, embedded: Embedded[]): Promise<void>;

  /** The collection, or undefined if there is none of that name. */
  collection(bundle: string, name: string): Promise<CollectionSummary | undefined>;
  /**
   * Makes a collection, or gives an empty one other settings.
   *
   * @returns false if it has pictures and other settings
   */
  makeCollection(name: string, settings: CollectionSettings): Promise<boolean>;
  /**
   * Puts a picture into a collection, which is made if need be, in place of the one that has its id.
   *
   * @returns undefined if the bundle has no embedding of these bytes
   */
  putPicture(
    bundle: BundleTraits,
    collection: string,
    picture: PictureRecord,
  ): Promise<PutResult | undefined>;
  /**
   * Puts many pictures into a collection, as `putPicture` does, and in far less time than one by one: some hundreds in
   * one transaction, so that those up to some picture are in it if this fails.
   *
   * @returns what `putPicture` would, in the same order
   */
  putPictures(
    bundle: BundleTraits,
    collection: string,
    pictures: PictureRecord[],
  ): Promise<(PutResult | undefined)[]>;
  /**
   * Takes a picture out of a collection. Its embedding stays.
   *
   * @returns the groups that this changed, as in {@linkcode PutResult}; undefined if the picture is not there
   */
  deletePicture(collection: string, id: string): Promise<string[] | undefined>;
  /** What is kept of a picture beside its embedding, if it was embedded. */
  traces(bundle: string, sha256: string): Promise<Traces | undefined>;
  picture(bundle: string, collection: string, id: string): Promise<StoredPicture | undefined>;
  /** Pictures of a collection that the bundle has embedded, by their ids after that of the cursor. */
  pictures(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ pictures: StoredPicture[]; next: string | null }>;
  /**
   * The pictures of a collection that are most alike, the most alike first.
   *
   * @param query threshold: the least similarity; undefined for that of copies
   * @returns undefined if a picture is looked for that the bundle has not embedded
   */
  search(
    bundle: string,
    collection: string,
    query: { sought: Sought; k: number; threshold?: number },
  ): Promise<Match[] | undefined>;
  /** The canonical picture of a picture, by its id or the SHA-256 of its bytes. */
  placement(
    bundle: string,
    collection: string,
    key: { id: string } | { sha256: string },
  ): Promise<Placement | undefined>;
  /** Groups of two pictures and more, in the order of their canonical pictures' rank, after that of the cursor. */
  groups(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ groups: Group[]; next: string | null }>;
  /** Pictures that can be served from the URL of their canonical one, by their ids after that of the cursor. */
  redirects(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ redirects: Redirect[]; next: string | null }>;
  /** Names of all collections. */
  collectionNames(): Promise<string[]>;
  /** A collection's settings alone, which takes no counting; undefined if there is none of that name. */
  collectionSettings(name: string): Promise<CollectionSettings | undefined>;
  /** Pictures of all collections, each content once, that have no place in groups under the bundle: 0 once all are embedded. */
  missing(bundle: string): Promise<number>;
  /** Everything that was put is kept by then. */
  close(): Promise<void>;
}

/** The store cannot be opened. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** Collections were asked for, where the store has none. */
export class NoCollectionsError extends Error {
  override name = "NoCollectionsError";
}
