import { join, resolve } from "@std/path";
import QuickLRU from "quick-lru";
import type { FolderPicture } from "../folder/embedding_run.ts";
import { rank } from "../store/rank.ts";
import type { CanonicalRule, Store } from "../store/store.ts";
import { groupByRank, type GroupOptions } from "./group_by_rank.ts";

/** A file in a group. */
export interface GroupFile extends FolderPicture {
  /** Bytes to be saved if the canonical file is served in its place, or if files of the same bytes were one. */
  saves: number;
}

/** A file that is a copy of its group's canonical one. */
export interface Member extends GroupFile {
  /** Cosine similarity to the canonical file. */
  score: number;
  /** Whether it has the canonical file's very bytes. */
  exact: boolean;
  /** Whether the canonical file can be shown in its place. */
  replaceable: boolean;
}

/** The file to keep, and its copies, the nearest first. */
export interface FolderGroup {
  canonical: FolderPicture;
  members: Member[];
  saves: number;
}

export interface FolderGroupsOptions extends Omit<GroupOptions, "thumbnailOf"> {
  bundle: string;
  store: Pick<Store, "traces">;
  rule: CanonicalRule;
  /** Folders whose files become canonical before others. */
  prefer: string[];
}

/** Thumbnails that are kept for the next comparison. */
const THUMBNAILS = 4096;

/**
 * Groups files by the rules of collections: those of the same bytes are one content, and contents are copies by their
 * vectors.
 *
 * @returns groups of two files and more; those that save most come first, and of equal ones those that have more
 */
export async function groupFiles(
  pictures: FolderPicture[],
  { bundle, store, rule, prefer, ...options }: FolderGroupsOptions,
): Promise<FolderGroup[]> {
  const preferred = prefer.map((folder) => join(resolve(folder), "/"));
  const priority = ({ path }: FolderPicture) =>
    preferred.some((folder) => resolve(path).startsWith(folder)) ? 1 : 0;
  const contents = [...Map.groupBy(pictures, ({ sha256 }) => sha256).values()].map((files) => {
    const byPriority = files.toSorted((a, b) =>
      priority(b) - priority(a) || a.modified - b.modified || (a.path < b.path ? -1 : 1)
    );
    const [first] = byPriority as [FolderPicture];
    const created = Math.min(...files.map(({ modified }) => modified));
    return {
      ...first,
      files: byPriority,
      rank: rank(rule, { ...first, priority: priority(first), created }),
    };
  }).sort((a, b) => a.rank < b.rank ? -1 : 1);

  const thumbnails = new QuickLRU<string, Uint8Array>({ maxSize: THUMBNAILS });
  const thumbnailOf = async ({ sha256 }: { sha256: string }): Promise<Uint8Array> => {
    let thumbnail = thumbnails.get(sha256);
    if (!thumbnail) {
      const traces = await store.traces(bundle, sha256);
      if (!traces) throw new Error("Cannot compare: the store must keep what was embedded: it has not");
      thumbnails.set(sha256, thumbnail = traces.thumbnail);
    }
    return thumbnail;
  };
  const places = await groupByRank(contents, { ...options, thumbnailOf });

  const groups = new Map<number, FolderGroup>();
  for (const [index, place] of places.entries()) {
    const { files } = contents[index]!;
    const [first, ...twins] = files as [FolderPicture, ...FolderPicture[]];
    if (place === null) {
      const members = twins.map((file) => ({
        ...{ ...file, score: 1, exact: true, replaceable: true, saves: file.bytes },
      }));
      groups.set(index, { canonical: first, members, saves: 0 });
      continue;
    }
    const { canonical, score, replaceable } = place;
    groups.get(canonical)!.members.push(...files.map((file, number) => ({
      ...file,
      ...{ score, exact: false, replaceable },
      // One of the same bytes has to stay where nothing else can stand in for it.
      saves: replaceable || number > 0 ? file.bytes : 0,
    })));
  }
  return [...groups.values()]
    .filter(({ members }) => members.length > 0)
    .map(({ canonical, members }) => ({
      canonical,
      members: members.sort((a, b) => Number(b.exact) - Number(a.exact) || b.score - a.score),
      saves: members.reduce((sum, { saves }) => sum + saves, 0),
    }))
    .sort((a, b) => b.saves - a.saves || b.members.length - a.members.length);
}
