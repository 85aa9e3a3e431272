import type { Skipped } from "./list_pictures.ts";

/** Names on standard error what was left out, and counts it. */
export function reportSkipped(skipped: Skipped[]): void {
  for (const { path, reason } of skipped) console.error(`Skipped ${path}: ${reason}`);
  if (skipped.length > 0) console.error(`${skipped.length} skipped`);
}
