import { join } from "@std/path";
import { type Bundle, openBundle } from "../../shared/bundle.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { anyEntry, writeNewFolder } from "../files/new_folder.ts";
import type { BuiltBundle } from "./bundle.ts";

/** The folder that a bundle should go to cannot take it. */
export class BundleFolderError extends Error {
  override name = "BundleFolderError";
}

/**
 * Reads a bundle's folder.
 *
 * @throws {BundleError} if its two files do not belong together
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const manifestJson = await Deno.readTextFile(join(folder, "manifest.json"));
  return await openBundle(manifestJson, await Deno.readFile(join(folder, "encoder.onnx")));
}

/**
 * Checks that a bundle can be written to `folder`: what is there already is never overwritten, since a server may be
 * reading it.
 *
 * @throws {BundleFolderError} if there is something
 */
export async function requireFreeFolder(folder: string): Promise<void> {
  const name = await anyEntry(folder);
  if (name === undefined) return;
  throw new BundleFolderError(
    `Cannot write the bundle: ${folder} must be a new or empty folder: it has ${name}`,
  );
}

/**
 * Writes a bundle's two files, flushed; readers see both or nothing.
 *
 * @param folder where it goes; new or empty
 */
export async function writeBundle(folder: string, bundle: BuiltBundle): Promise<void> {
  await requireFreeFolder(folder);
  await writeNewFolder(folder, async (temporary) => {
    await writeAtomically(join(temporary, "encoder.onnx"), bundle.encoder);
    await writeAtomically(join(temporary, "manifest.json"), bundle.manifestJson);
  });
}
