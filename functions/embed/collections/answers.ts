import type { MatchItem, PictureItem, PlacedPicture } from "../../../shared/collections_api.ts";
import type { Group, Match, Placement, StoredPicture } from "../store/store.ts";

/** A picture as answers show it. */
export function pictureItem(
  { id, url, sha256, width, height, format, bytes, priority, created, metadata }: StoredPicture,
): PictureItem {
  return {
    ...{ id, url, image: { width, height, format, sha256 }, bytes, priority },
    created: new Date(created).toISOString(),
    metadata: metadata as PictureItem["metadata"],
  };
}

export function matchItem({ score, copy, replaceable, ...picture }: Match): MatchItem {
  return { ...pictureItem(picture), score, copy, replaceable };
}

export function placedPicture({ picture, canonical, score, replaceable }: Placement): PlacedPicture {
  return {
    object: "picture",
    picture: pictureItem(picture),
    canonical: pictureItem(canonical),
    ...{ score, copy: true, replaceable },
  };
}

export function groupItem({ canonical, members }: Group) {
  return {
    object: "group" as const,
    canonical: pictureItem(canonical),
    members: members.map((member) => matchItem({ ...member, copy: true })),
  };
}
