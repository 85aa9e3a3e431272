import type { FolderPicture } from "../folder/embedding_run.ts";
import type { Skipped } from "../folder/list_pictures.ts";
import type { FolderGroup, Member } from "./folder_groups.ts";

/** What `deno task dedupe` found. */
export interface Report {
  folders: string[];
  /** The bundle's id. */
  bundle: string;
  threshold: number;
  pictures: FolderPicture[];
  /** How many pictures of different bytes the store did not have yet. */
  embedded: number;
  groups: FolderGroup[];
  skipped: Skipped[];
  seconds: { embedding: number; grouping: number };
}

/** Counts of a report. */
export interface Totals {
  pictures: number;
  bytes: number;
  groups: number;
  /** Files that are a copy of another. */
  copies: number;
  /** Of these, the ones that the canonical file can be shown in place of. */
  replaceable: number;
  bytesSaved: number;
}

export function totalsOf({ pictures, groups }: Report): Totals {
  const members = groups.flatMap(({ members }) => members);
  return {
    pictures: pictures.length,
    bytes: sum(pictures.map(({ bytes }) => bytes)),
    groups: groups.length,
    copies: members.length,
    replaceable: members.filter(({ replaceable }) => replaceable).length,
    bytesSaved: sum(groups.map(({ saves }) => saves)),
  };
}

/** The report as JSON, for programs. */
export function reportJson(report: Report): string {
  const { folders, bundle, threshold, embedded, groups, skipped, seconds } = report;
  const { bytesSaved, ...totals } = totalsOf(report);
  return JSON.stringify(
    {
      ...{ folders, bundle, threshold, ...totals, bytes_saved: bytesSaved, embedded },
      groups: groups.map(({ canonical, members, saves }) => ({
        canonical: describePicture(canonical),
        members: members.map(describeMember),
        saves,
      })),
      skipped,
      seconds,
    },
    null,
    1,
  );
}

function describePicture({ path, sha256, width, height, format, bytes }: FolderPicture) {
  return { path, sha256, width, height, format, bytes };
}

function describeMember({ score, exact, replaceable, saves, ...picture }: Member) {
  return { ...describePicture(picture), score, exact, replaceable, saves };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
