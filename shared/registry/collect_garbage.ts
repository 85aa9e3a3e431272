import type { BundleFiles } from "./bundle_files.ts";
import { RegistryError } from "./errors.ts";
import type { StateFile } from "./state_file.ts";

/** A bundle that is younger is not deleted: it may be about to be promoted. In milliseconds. */
const YOUNG = 24 * 3600 * 1000;

/**
 * Deletes bundles: all but the current one, those that were current before it, as many as are kept, and those that were
 * published in the last day. First it is written which, so that none of them can be promoted meanwhile; what a crash has
 * left is deleted the next time.
 *
 * @param keep how many that were current stay, the current one among them: at least 2
 * @param now milliseconds since 1970
 * @returns the ids of those that were deleted
 * @throws {RegistryError} if `keep` is less
 */
export async function collectGarbage(
  files: BundleFiles,
  stateFile: StateFile,
  keep: number,
  now: number,
): Promise<string[]> {
  if (!Number.isInteger(keep) || keep < 2) {
    throw new RegistryError(
      `Cannot collect garbage: at least 2 bundles must stay, the current one and the one before: received ${keep}`,
    );
  }
  const found = await files.written();
  const old = [...found].filter(([, modified]) => now - modified > YOUNG).map(([id]) => id);
  const { removing } = await stateFile.change((state) => {
    const bundles = state.bundles.slice(-keep);
    const kept = new Set(bundles.map(({ id }) => id));
    const dropped = state.bundles.map(({ id }) => id).filter((id) => !kept.has(id));
    return {
      ...state,
      bundles,
      removing: [...new Set([...state.removing, ...old, ...dropped])].filter((id) => !kept.has(id)),
    };
  });
  for (const id of removing) await files.delete(id);
  await stateFile.change((state) => ({
    ...state,
    removing: state.removing.filter((id) => !removing.includes(id)),
  }));
  return removing.filter((id) => found.has(id));
}
