import { type Bundle, openBundle } from "../bundle.ts";
import { sha256Hex } from "../digest.ts";
import type { ObjectStore } from "../objects/object_store.ts";
import { BundleFiles } from "./bundle_files.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { type Comparison, comparisonSchema, describeRefusal } from "./comparison.ts";
import { RefusedCandidateError, RegistryError } from "./errors.ts";
import { type Standing, standingOf } from "./standing.ts";
import { type RegistryEntry, type RegistryState, withChange } from "./state.ts";
import { StateFile } from "./state_file.ts";

/** A bundle's two files, and what the gate found. */
export interface Candidate {
  /** Bytes of `manifest.json`. */
  manifest: Uint8Array<ArrayBuffer>;
  /** Bytes of `encoder.onnx`. */
  encoder: Uint8Array<ArrayBuffer>;
  comparison: Comparison;
}

/** A bundle of the registry, as a list has it. */
export interface RegisteredBundle {
  id: string;
  /** When it was put there, in milliseconds since 1970. */
  published: number;
  standing: Standing;
}

/**
 * Bundles in a folder or a bucket, under their ids, and which of them is current:
 *
 *     current.json
 *     bundles/{id}/encoder.onnx, manifest.json, comparison.json
 *
 * A bundle never changes; what is current does, as {@linkcode StateFile} writes it.
 */
export class Registry {
  /** The folder or URL, for messages. */
  readonly location: string;
  readonly #files: BundleFiles;
  readonly #state: StateFile;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(objects: ObjectStore, now: () => number = Date.now) {
    this.location = objects.location;
    this.#files = new BundleFiles(objects);
    this.#state = new StateFile(objects);
    this.#now = now;
  }

  /**
   * Which bundle is current, and how it came to that.
   *
   * @throws {RegistryError} if the file that says so cannot be read
   */
  async state(): Promise<RegistryState> {
    return await this.#state.read();
  }

  /** Every bundle, the newest first. */
  async list(): Promise<RegisteredBundle[]> {
    const state = await this.state();
    const found: RegisteredBundle[] = [];
    for (const [id, published] of await this.#files.published()) {
      const standing = standingOf(id, state) ??
        ((await this.comparison(id))?.passed ? "candidate" : "refused");
      found.push({ id, published, standing });
    }
    return found.sort((a, b) => b.published - a.published || (a.id < b.id ? -1 : 1));
  }

  /**
   * Reads a bundle and verifies it: the encoder by the manifest, and the manifest by the digest that it was promoted with.
   *
   * @throws {UnknownBundleError} if it is not there
   * @throws {BundleError} if its files do not belong together
   * @throws {RegistryError} if the manifest is not the one that was promoted
   */
  async read(id: string, promoted?: RegistryEntry): Promise<Bundle> {
    const { bundle, manifestSha256 } = await this.#files.open(id);
    if (!promoted || manifestSha256 === promoted.manifest) return bundle;
    throw new RegistryError(
      `Cannot open the bundle ${id}: manifest.json must have SHA-256 ${promoted.manifest}: received ${manifestSha256}`,
    );
  }

  /** The manifest as it is, unverified, for those who list bundles; undefined if it is not there. */
  async manifestJson(id: string): Promise<string | undefined> {
    return await this.#files.manifestJson(id);
  }

  /** What the gate found; undefined where it never looked, or what is there is no comparison. */
  async comparison(id: string): Promise<Comparison | undefined> {
    return await this.#files.comparison(id);
  }

  /**
   * Puts a candidate into the registry, also one that was refused, so that it can be seen why. It does not become current.
   * One that is there already gets the new comparison, unless it is current or was before.
   *
   * @returns its id
   * @throws {BundleError} if its files do not belong together
   * @throws {RegistryError} if the comparison is another bundle's
   */
  async publish({ manifest, encoder, comparison }: Candidate): Promise<string> {
    const { manifest: { id } } = await openBundle(new TextDecoder().decode(manifest), encoder);
    if (comparison.candidate !== id || comparison.manifest !== await sha256Hex(manifest)) {
      throw new RegistryError(
        `Cannot publish the bundle ${id}: the comparison of these files is required: received that of others`,
      );
    }
    await this.#files.write(id, "encoder.onnx", encoder);
    if ((await this.state()).bundles.some((entry) => entry.id === id)) return id;
    const text = JSON.stringify(comparisonSchema.parse(comparison), null, 2) + "\n";
    await this.#files.write(id, "comparison.json", new TextEncoder().encode(text));
    // Last: a bundle that has a manifest is whole.
    await this.#files.write(id, "manifest.json", manifest);
    return id;
  }

  /**
   * Makes a bundle current that the gate has passed, once its files are verified.
   *
   * @param comparedWith the bundle that must be current until now, `null` for none; any may be if left out
   * @throws {RefusedCandidateError} if the gate has refused it, or has not seen it
   * @throws {UnknownBundleError | BundleError | RegistryError} if it is not there, not whole, or being deleted, or another
   * bundle has become current since it was compared
   */
  async promote(id: string, comparedWith?: string | null): Promise<RegistryState> {
    const { manifestSha256 } = await this.#files.open(id);
    const comparison = await this.comparison(id);
    if (!comparison?.passed || comparison.manifest !== manifestSha256) {
      const refusal = comparison ? describeRefusal(comparison).join("; ") : "";
      throw new RefusedCandidateError(
        `Cannot promote the bundle ${id}: the gate must have passed it: ${
          refusal || "it has not seen it as it is"
        }`,
      );
    }
    const entry = { id, manifest: manifestSha256 };
    return await this.#state.change((state) => {
      const before = state.bundles.at(-1)?.id ?? null;
      if (comparedWith !== undefined && before !== comparedWith) {
        throw new RegistryError(
          `Cannot promote the bundle ${id}: the bundle that it was compared with, ${comparedWith}, must still be current: ${before} is; compare again`,
        );
      }
      if (state.removing.includes(id)) {
        throw new RegistryError(
          `Cannot promote the bundle ${id}: it must not be being deleted: it is; delete it to the end (gc), and publish it again`,
        );
      }
      if (before === id) return state;
      return withChange(state, "promote", [...state.bundles, entry], this.#now());
    });
  }

  /**
   * Makes the bundle current that was so before; done again, the one before that.
   *
   * @throws {RegistryError} if there is none
   * @throws {UnknownBundleError | BundleError} if it is no longer there or not whole
   */
  async rollBack(): Promise<RegistryState> {
    return await this.#state.change(async (state) => {
      const entry = state.bundles.at(-2);
      if (!entry) {
        throw new RegistryError(
          "Cannot roll back: a bundle that was current before is required: there is none",
        );
      }
      await this.read(entry.id, entry);
      return withChange(state, "rollback", state.bundles.slice(0, -1), this.#now());
    });
  }

  /** Deletes bundles that are not needed any more, as {@linkcode collectGarbage} says. */
  async collectGarbage(keep: number): Promise<string[]> {
    return await collectGarbage(this.#files, this.#state, keep, this.#now());
  }
}
