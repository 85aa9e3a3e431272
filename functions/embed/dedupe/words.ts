import { format } from "@std/fmt/bytes";
import type { Skipped } from "../folder/list_pictures.ts";
import type { Member } from "./folder_groups.ts";
import type { Totals } from "./report.ts";

/** Bytes for people, such as 1.2 MB. */
export function inBytes(bytes: number): string {
  return format(bytes, { maximumFractionDigits: bytes < 10_000 ? 0 : 1 });
}

/** What a member is to its canonical picture. */
export function verdictOf({ exact, replaceable }: Member): "same bytes" | "replaceable" | "copy" {
  return exact ? "same bytes" : replaceable ? "replaceable" : "copy";
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** What was found, in a sentence for each thing. */
export function summarize(totals: Totals, skipped: Skipped[]): string[] {
  const { pictures, bytes, groups, copies, replaceable, bytesSaved } = totals;
  return [
    `${countOf(pictures, "picture")}, ${inBytes(bytes)}`,
    `${countOf(groups, "group")} with ${countOf(copies, "copy", "copies")}`,
    `${countOf(replaceable, "copy", "copies")} replaceable, ${inBytes(bytesSaved)} to be saved`,
    ...skipped.length === 0 ? [] : [`${countOf(skipped.length, "file")} skipped`],
  ];
}
