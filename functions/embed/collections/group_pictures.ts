import { dot } from "../../../shared/vector.ts";
import { rank } from "../store/rank.ts";
import { type Comparable, isReplaceable } from "../store/replaceable.ts";
import type { Embedding, Traces } from "../store/store.ts";

/** A picture of a request, by its place there. */
export interface RequestPicture extends Embedding, Traces, Comparable {
  index: number;
}

export interface PictureGroup {
  canonical: number;
  members: { index: number; score: number; copy: true; replaceable: boolean }[];
}

/**
 * Groups few pictures as collections do (`store/grouping.ts`), the largest first, by comparing all with all.
 *
 * @returns groups, also of one picture, in the order of the request
 */
export function groupPictures(pictures: RequestPicture[], threshold: number): PictureGroup[] {
  const order = new Map(pictures.map((picture) => [
    picture,
    rank("largest", { ...picture, priority: 0, created: 0 }),
  ]));
  const byRank = pictures.toSorted((a, b) =>
    order.get(a) === order.get(b) ? a.index - b.index : order.get(a)! < order.get(b)! ? -1 : 1
  );
  const groups = new Map<RequestPicture, PictureGroup>();
  for (const picture of byRank) {
    const [best] = [...groups.keys()]
      .map((canonical) => ({
        canonical,
        score: dot(canonical.vector, picture.vector),
        replaceable: isReplaceable(picture, canonical),
      }))
      .filter(({ score }) => score >= threshold)
      .sort((a, b) => Number(b.replaceable) - Number(a.replaceable) || b.score - a.score);
    if (!best) {
      groups.set(picture, { canonical: picture.index, members: [] });
      continue;
    }
    const { canonical, score, replaceable } = best;
    groups.get(canonical)!.members.push({ index: picture.index, score, copy: true, replaceable });
  }
  const first = ({ canonical, members }: PictureGroup) =>
    Math.min(canonical, ...members.map(({ index }) => index));
  return [...groups.values()].sort((a, b) => first(a) - first(b));
}
