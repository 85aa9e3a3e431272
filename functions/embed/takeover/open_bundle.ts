import { type Bundle, BundleError } from "../../../shared/bundle.ts";
import type { Inference } from "../inference/inference.ts";
import { PROBE } from "../inference/probe.ts";
import type { LoadedBundle } from "./bundles.ts";

/** Starts the inference of a bundle. */
export type OpenInference = (bundle: Bundle) => Promise<Inference>;

/**
 * Loads a bundle and tries it on a photo before any request meets it.
 *
 * @throws {BundleError} if its vector is not what the manifest says: of so many finite numbers, and of unit length
 * @throws whatever `openInference` does, if the graph does not run
 */
export async function openBundle(bundle: Bundle, openInference: OpenInference): Promise<LoadedBundle> {
  const inference = await openInference(bundle);
  try {
    const { vector } = await inference.infer(PROBE.slice());
    requireUnit(vector, bundle.manifest.embedding.dimensions);
  } catch (error) {
    inference.close();
    throw error;
  }
  return { manifest: bundle.manifest, inference };
}

function requireUnit(vector: Float32Array, dimensions: number): void {
  const length = Math.hypot(...vector);
  if (vector.length === dimensions && Math.abs(length - 1) < 1e-3) return;
  throw new BundleError(
    `Cannot serve the bundle: a picture's vector must have ${dimensions} numbers and length 1: received ${vector.length} and ${length}`,
  );
}
