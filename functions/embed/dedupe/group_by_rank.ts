import { dot } from "../../../shared/vector.ts";
import { isReplaceable } from "../store/replaceable.ts";
import type { Verdict } from "../store/store.ts";
import { VectorScan } from "../store/vector_scan.ts";

/** What is grouped: bytes that are like no other's. */
export interface Content {
  sha256: string;
  width: number;
  height: number;
  /** Of unit length. */
  vector: Float32Array;
}

/** Where a content belongs: to a canonical one that it is a copy of, by its place; null for one that is canonical. */
export type Place = (Verdict & { canonical: number }) | null;

export interface GroupOptions {
  /** Cosine similarity from which on two are copies. */
  threshold: number;
  /** The pixels by which copies are told from edits, asked for as few times as there are pairs of copies. */
  thumbnailOf: (content: Content) => Promise<Uint8Array>;
  /** Told how many more contents have their place. */
  onPlaced?: (count: number) => void;
}

/** Contents that are searched for together. */
const BLOCK = 64;

/**
 * Groups contents as collections do (`store/grouping.ts`): going through them by rank, each is canonical unless it is a
 * copy of one that is. So they are compared with canonical ones only.
 *
 * @param contents in the order of their rank
 * @returns the place of each
 */
export async function groupByRank(contents: Content[], options: GroupOptions): Promise<Place[]> {
  const { threshold, thumbnailOf, onPlaced } = options;
  const places: Place[] = [];
  const scan = new VectorScan(contents[0]?.vector.length ?? 0);
  for (let from = 0; from < contents.length; from += BLOCK) {
    const block = contents.slice(from, from + BLOCK);
    const near = scan.near(block.map(({ vector }) => vector), { threshold });
    /** Canonical ones of this block. */
    const fresh: number[] = [];
    for (const [offset, content] of block.entries()) {
      const copies = [...near[offset]!, ...fresh]
        .map((canonical) => ({ canonical, score: dot(content.vector, contents[canonical]!.vector) }))
        .filter(({ score }) => score >= threshold);
      places.push(copies.length === 0 ? null : await best(content, copies));
      if (copies.length === 0) fresh.push(from + offset);
    }
    for (const canonical of fresh) scan.add(canonical, contents[canonical]!.vector);
    onPlaced?.(block.length);
  }
  return places;

  /** One that can be served in its place before one that cannot, then the most alike, then by rank. */
  async function best(content: Content, copies: { canonical: number; score: number }[]): Promise<Place> {
    const byScore = copies.sort((a, b) => b.score - a.score || a.canonical - b.canonical);
    const thumbnail = await thumbnailOf(content);
    for (const copy of byScore) {
      const other = contents[copy.canonical]!;
      const comparable = { ...other, thumbnail: await thumbnailOf(other) };
      if (isReplaceable({ ...content, thumbnail }, comparable)) return { ...copy, replaceable: true };
    }
    return { ...byScore[0]!, replaceable: false };
  }
}
