import { dirname, join, resolve } from "@std/path";
import { writeAtomically } from "../checkpoint/atomic.ts";
import type { BuiltBundle } from "./bundle.ts";

/** The folder that a bundle should go to cannot take it. */
export class BundleFolderError extends Error {
  override name = "BundleFolderError";
}

/**
 * Checks that a bundle can be written to `folder`: what is there already is never overwritten, since a server may be
 * reading it.
 *
 * @throws {BundleFolderError} if there is something
 */
export async function requireFreeFolder(folder: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      throw new BundleFolderError(
        `Cannot write the bundle: ${folder} must be a new or empty folder: it has ${name}`,
      );
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Writes a bundle's two files, flushed, under a temporary name that is then renamed: readers see all of it or nothing.
 *
 * @param folder where it goes; new or empty
 */
export async function writeBundle(folder: string, bundle: BuiltBundle): Promise<void> {
  await requireFreeFolder(folder);
  const target = resolve(folder);
  await Deno.mkdir(dirname(target), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: dirname(target), suffix: ".partial" });
  try {
    await writeAtomically(join(temporary, "encoder.onnx"), bundle.encoder);
    await writeAtomically(join(temporary, "manifest.json"), bundle.manifestJson);
    await Deno.chmod(temporary, 0o755); // temporary folders are private
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true });
    throw error;
  }
}
