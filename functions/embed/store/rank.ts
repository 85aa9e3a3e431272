import type { CanonicalRule } from "./store.ts";

/** What decides which of several copies is the canonical picture. */
export interface RankedContent {
  priority: number;
  width: number;
  height: number;
  bytes: number;
  created: number;
  sha256: string;
}

/**
 * A text that sorts, by its bytes, as the rule says: the canonical picture of a group has the first. It depends on the
 * pictures alone, and the SHA-256 at its end makes it different for all, so that groups do not depend on who came
 * first.
 */
export function rank(
  rule: CanonicalRule,
  { priority, width, height, bytes, created, sha256 }: RankedContent,
): string {
  const size = descending(width * height);
  const order = rule === "largest"
    ? [size, descending(bytes)]
    : [ascending(created), size, descending(bytes)];
  return [descending(priority + 1000), ...order, sha256].join(" ");
}

function ascending(value: number): string {
  // A minus sorts before all digits; what follows must be the greater, the nearer to 0 it is.
  if (value < 0) return `-${ascending(Number.MAX_SAFE_INTEGER + value)}`;
  return String(value).padStart(16, "0");
}

function descending(value: number): string {
  return ascending(Number.MAX_SAFE_INTEGER - value);
}
