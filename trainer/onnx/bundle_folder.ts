import { join } from "@std/path";
import { type Bundle, openBundle } from "../../shared/bundle.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { anyEntry, writeNewFolder } from "../files/new_folder.ts";
import type { BuiltBundle } from "./bundle.ts";

/** A bundle's folder is none, or the one that a bundle should go to cannot take it. */
export class BundleFolderError extends Error {
  override name = "BundleFolderError";
}

/** The bytes of a bundle's two files. */
export interface BundleFiles {
  manifest: Uint8Array<ArrayBuffer>;
  encoder: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the files of a bundle's folder, unverified.
 *
 * @throws {BundleFolderError} if they cannot be read
 */
export async function readBundleFiles(folder: string): Promise<BundleFiles> {
  try {
    return {
      manifest: await Deno.readFile(join(folder, "manifest.json")),
      encoder: await Deno.readFile(join(folder, "encoder.onnx")),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BundleFolderError(
      `Cannot read the bundle: a folder with manifest.json and encoder.onnx is required: received ${folder}: ${reason}`,
      { cause },
    );
  }
}

/**
 * Reads a bundle's folder.
 *
 * @throws {BundleFolderError} if its files cannot be read
 * @throws {BundleError} if they do not belong together
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const { manifest, encoder } = await readBundleFiles(folder);
  return await openBundle(new TextDecoder().decode(manifest), encoder);
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
