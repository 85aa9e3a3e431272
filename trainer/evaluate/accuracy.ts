import { largest } from "../largest.ts";

/** Share of test pictures whose class was named. */
export interface Accuracy {
  /** As the first guess. */
  top1: number;
  /** Among the first five guesses; absent where there are five classes or fewer. */
  top5?: number;
}

/** Guesses that are made for a picture. */
export function guessesFor(classes: number): number {
  return classes > 5 ? 5 : 1;
}

/**
 * @param guesses for each picture `guessesFor(classes)` classes, best first
 * @param labels [pictures]
 */
export function accuracyOf(guesses: number[][], labels: Int32Array): Accuracy {
  const share = (count: number) =>
    guesses.filter((guess, picture) => guess.slice(0, count).includes(labels[picture]!)).length /
    guesses.length;
  return guesses[0]?.length === 5 ? { top1: share(1), top5: share(5) } : { top1: share(1) };
}

/** What naming the largest classes for every picture reaches, without a look at it. */
export function largestClasses(train: Int32Array, test: Int32Array, classes: number): Accuracy {
  const sizes = new Array<number>(classes).fill(0);
  for (const label of train) sizes[label]!++;
  const guess = largest(sizes, guessesFor(classes));
  return accuracyOf(Array.from(test, () => guess), test);
}
