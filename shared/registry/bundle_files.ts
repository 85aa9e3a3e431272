import { type Bundle, openBundle } from "../bundle.ts";
import { sha256Hex } from "../digest.ts";
import type { ObjectStore } from "../objects/object_store.ts";
import { type Comparison, comparisonSchema } from "./comparison.ts";
import { RegistryError, UnknownBundleError } from "./errors.ts";
import { parseJson } from "./parse_json.ts";

type FileName = "manifest.json" | "encoder.onnx" | "comparison.json";

const BUNDLES = "bundles/";

/** The files below `bundles/`: `{id}/manifest.json`, `encoder.onnx` and `comparison.json`. */
export class BundleFiles {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** When each bundle was last written to, in milliseconds since 1970, by id; those that are not whole as well. */
  async written(): Promise<Map<string, number>> {
    return await this.#modified(/^bundles\/([0-9a-f]{64})\//);
  }

  /** When each bundle that is whole was published, in milliseconds since 1970, by id. */
  async published(): Promise<Map<string, number>> {
    return await this.#modified(/^bundles\/([0-9a-f]{64})\/manifest\.json$/);
  }

  /**
   * The bundle, verified by its own manifest, and the digest of that.
   *
   * @throws {UnknownBundleError | BundleError | RegistryError} if it is not there, not whole, or another's
   */
  async open(id: string): Promise<{ bundle: Bundle; manifestSha256: string }> {
    const manifest = await this.#require(id, "manifest.json");
    const encoder = await this.#require(id, "encoder.onnx");
    const bundle = await openBundle(new TextDecoder().decode(manifest), encoder);
    if (bundle.manifest.id === id) return { bundle, manifestSha256: await sha256Hex(manifest) };
    throw new RegistryError(
      `Cannot open the bundle ${id}: what is there must have this id: received ${bundle.manifest.id}`,
    );
  }

  /** The manifest as it is, unverified; undefined if it is not there. */
  async manifestJson(id: string): Promise<string | undefined> {
    const found = await this.#objects.get(path(id, "manifest.json"));
    return found && new TextDecoder().decode(found.bytes);
  }

  /** What the gate found; undefined where it never looked, or what is there is no comparison of the bundle. */
  async comparison(id: string): Promise<Comparison | undefined> {
    const found = await this.#objects.get(path(id, "comparison.json"));
    const result = found && comparisonSchema.safeParse(parseJson(found.bytes));
    return result?.success && result.data.candidate === id ? result.data : undefined;
  }

  async write(id: string, name: FileName, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#objects.put(path(id, name), bytes);
  }

  /** Deletes all that a bundle has, the manifest first: what has none is no bundle. */
  async delete(id: string): Promise<void> {
    await this.#objects.delete(path(id, "manifest.json"));
    for await (const { name } of this.#objects.list(`${BUNDLES}${id}/`)) await this.#objects.delete(name);
  }

  async #require(id: string, name: FileName): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.#objects.get(path(id, name));
    if (found) return found.bytes;
    throw new UnknownBundleError(
      `Cannot open the bundle ${id}: ${this.#objects.location} must have it: there is no ${name}`,
    );
  }

  /** By the id that the pattern finds in a name: when the newest of these objects was written. */
  async #modified(pattern: RegExp): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for await (const { name, modified } of this.#objects.list(BUNDLES)) {
      const id = pattern.exec(name)?.[1];
      if (id) found.set(id, Math.max(found.get(id) ?? 0, modified));
    }
    return found;
  }
}

function path(id: string, name: FileName): string {
  return `${BUNDLES}${id}/${name}`;
}
