import { type Comparison, describeRefusal } from "../../shared/registry/comparison.ts";
import type { Registry } from "../../shared/registry/registry.ts";
import { readBundleFiles } from "../onnx/bundle_folder.ts";

/**
 * Puts a candidate into the registry with what the gate found, and makes it current if the gate has passed it.
 *
 * @param folder the bundle's
 * @returns what it was refused for; nothing if it is current now
 * @throws {BundleError} if the files are not those that were compared
 * @throws {RegistryError} if another bundle became current since it was compared: to be compared again
 */
export async function publishCandidate(
  registry: Registry,
  folder: string,
  comparison: Comparison,
): Promise<{ id: string; refusal: string[] }> {
  const id = await registry.publish({ ...await readBundleFiles(folder), comparison });
  const refusal = describeRefusal(comparison);
  if (refusal.length === 0) await registry.promote(id, comparison.against);
  return { id, refusal };
}
