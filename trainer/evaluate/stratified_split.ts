import { splitPictures } from "../data/split.ts";

/**
 * Sets a share of each class aside to test with, by the digests of the paths: the same pictures every time, whatever
 * their order. Of a class with two pictures or more, at least one is set aside and at least one remains.
 */
export function stratifiedSplit(
  paths: string[],
  labels: string[],
  share: number,
): { train: string[]; test: string[] } {
  const byClass = Map.groupBy(paths.keys(), (index) => labels[index]!);
  const test = new Set<string>();
  for (const indices of byClass.values()) {
    const own = indices.map((index) => paths[index]!);
    const count = Math.max(1, Math.round(share * own.length));
    for (const path of splitPictures(own, Math.min(count, own.length - 1)).heldOut) test.add(path);
  }
  return { train: paths.filter((path) => !test.has(path)), test: paths.filter((path) => test.has(path)) };
}
