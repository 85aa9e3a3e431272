/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Uploads that are under way at a time. */
const AT_A_TIME = 3;

export interface PutFilesOptions {
  put(file: File): Promise<void>;
  /** @param done files that were put, or could not be */
  progress(done: number): void;
}

/** Puts files, a few at a time. Returns those that could not be put, and why. */
export async function putFiles(
  files: File[],
  { put, progress }: PutFilesOptions,
): Promise<{ file: File; error: Error }[]> {
  const failures: { file: File; error: Error }[] = [];
  const waiting = files.values();
  let done = 0;
  progress(done);
  const putInTurn = async () => {
    for (const file of waiting) {
      await put(file).catch((error) => failures.push({ file, error }));
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, putInTurn));
  return failures;
}
