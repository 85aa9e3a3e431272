import { createHash } from "node:crypto";

/** Fewest held-out pictures that `deno task export` measures on, unless told otherwise. */
export const HELD_OUT_MINIMUM = 256;

/**
 * Holds `heldOut` pictures out of training: those whose paths have the smallest SHA-256. A picture keeps its side
 * whatever the order, and a file that is added moves at most one other.
 *
 * @throws {RangeError} if no picture would remain for training
 */
export function splitPictures(paths: string[], heldOut: number): { training: string[]; heldOut: string[] } {
  if (heldOut >= paths.length) {
    throw new RangeError(
      `Cannot hold ${heldOut} pictures out of training: more pictures than that are required: received ${paths.length}`,
    );
  }
  const digest = (path: string) => createHash("sha256").update(path).digest("hex");
  const byDigest = paths.map((path) => ({ path, digest: digest(path) }))
    .sort((a, b) => a.digest < b.digest ? -1 : 1);
  const held = new Set(byDigest.slice(0, heldOut).map(({ path }) => path));
  return {
    training: paths.filter((path) => !held.has(path)),
    heldOut: paths.filter((path) => held.has(path)),
  };
}
