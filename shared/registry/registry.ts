import { z } from "zod";
import { type Bundle, openBundle } from "../bundle.ts";
import { sha256Hex } from "../digest.ts";
import { ObjectChangedError, type ObjectStore } from "../objects/object_store.ts";
import { type Comparison, comparisonSchema, describeRefusal } from "./comparison.ts";
import { RefusedCandidateError, RegistryError, UnknownBundleError } from "./errors.ts";
import { EMPTY_STATE, MOST_CHANGES, type RegistryEntry, type RegistryState, stateSchema } from "./state.ts";

const CURRENT = "current.json";
const BUNDLES = "bundles/";

/** How often a change is tried again that somebody else's came before. */
const ATTEMPTS = 8;
/** A bundle that is younger is not deleted: it may be about to be promoted. In milliseconds. */
const YOUNG = 24 * 3600 * 1000;

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

/** What a bundle is to the registry: current now, just before or earlier, taken back, or never current. */
export const STANDINGS = ["current", "previous", "earlier", "rolled-back", "candidate", "refused"] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * Bundles in a folder or a bucket, under their ids, and which of them is current:
 *
 *     current.json
 *     bundles/{id}/encoder.onnx, manifest.json, comparison.json
 *
 * A bundle never changes. What is current changes by one atomic write that goes through only if nobody else's came between.
 */
export class Registry {
  readonly #objects: ObjectStore;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(objects: ObjectStore, now: () => number = Date.now) {
    this.#objects = objects;
    this.#now = now;
  }

  /** The folder or URL, for messages. */
  get location(): string {
    return this.#objects.location;
  }

  /**
   * Which bundle is current, and how it came to that.
   *
   * @throws {RegistryError} if the file that says so cannot be read
   */
  async state(): Promise<RegistryState> {
    return (await this.#readState()).state;
  }

  /** Every bundle, the newest first. */
  async list(): Promise<RegisteredBundle[]> {
    const state = await this.state();
    const found: RegisteredBundle[] = [];
    for await (const { name, modified } of this.#objects.list(BUNDLES)) {
      const id = /^bundles\/([0-9a-f]{64})\/manifest\.json$/.exec(name)?.[1];
      if (id === undefined) continue;
      const standing = standingOf(id, state) ??
        ((await this.comparison(id))?.passed ? "candidate" : "refused");
      found.push({ id, published: modified, standing });
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
    const { bundle, manifestSha256 } = await this.#open(id);
    if (!promoted || manifestSha256 === promoted.manifest) return bundle;
    throw new RegistryError(
      `Cannot open the bundle ${id}: manifest.json must have SHA-256 ${promoted.manifest}: received ${manifestSha256}`,
    );
  }

  /** The manifest as it is, unverified, for those who list bundles; undefined if it is not there. */
  async manifestJson(id: string): Promise<string | undefined> {
    const found = await this.#objects.get(`${BUNDLES}${id}/manifest.json`);
    return found && new TextDecoder().decode(found.bytes);
  }

  /** What the gate found; undefined where it never looked, or what is there is no comparison. */
  async comparison(id: string): Promise<Comparison | undefined> {
    const found = await this.#objects.get(`${BUNDLES}${id}/comparison.json`);
    const result = found && comparisonSchema.safeParse(parseJson(found.bytes));
    return result?.success && result.data.candidate === id ? result.data : undefined;
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
    await this.#objects.put(`${BUNDLES}${id}/encoder.onnx`, encoder);
    if ((await this.state()).bundles.some((entry) => entry.id === id)) return id;
    const text = JSON.stringify(comparisonSchema.parse(comparison), null, 2) + "\n";
    await this.#objects.put(`${BUNDLES}${id}/comparison.json`, new TextEncoder().encode(text));
    // Last: a bundle that has a manifest is whole.
    await this.#objects.put(`${BUNDLES}${id}/manifest.json`, manifest);
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
    const { manifestSha256 } = await this.#open(id);
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
    return await this.#change((state) => {
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
      return this.#withChange(state, "promote", [...state.bundles, entry]);
    });
  }

  /**
   * Makes the bundle current that was so before; done again, the one before that.
   *
   * @throws {RegistryError} if there is none
   * @throws {UnknownBundleError | BundleError} if it is no longer there or not whole
   */
  async rollBack(): Promise<RegistryState> {
    return await this.#change(async (state) => {
      const entry = state.bundles.at(-2);
      if (!entry) {
        throw new RegistryError(
          "Cannot roll back: a bundle that was current before is required: there is none",
        );
      }
      await this.read(entry.id, entry);
      return this.#withChange(state, "rollback", state.bundles.slice(0, -1));
    });
  }

  /**
   * Deletes bundles: all but the current one, those that were current before it, as many as are kept, and those that were
   * published in the last day. First it is written which, so that none of them can be promoted meanwhile; what a crash has
   * left is deleted the next time.
   *
   * @param keep how many that were current stay, the current one among them: at least 2
   * @returns the ids of those that were deleted
   */
  async collectGarbage(keep: number): Promise<string[]> {
    if (!Number.isInteger(keep) || keep < 2) {
      throw new RegistryError(
        `Cannot collect garbage: at least 2 bundles must stay, the current one and the one before: received ${keep}`,
      );
    }
    const found = new Map<string, number>();
    for await (const { name, modified } of this.#objects.list(BUNDLES)) {
      const id = /^bundles\/([0-9a-f]{64})\//.exec(name)?.[1];
      if (id) found.set(id, Math.max(found.get(id) ?? 0, modified));
    }
    const old = [...found].filter(([, modified]) => this.#now() - modified > YOUNG).map(([id]) => id);
    const { removing } = await this.#change((state) => {
      const bundles = state.bundles.slice(-keep);
      const kept = new Set(bundles.map(({ id }) => id));
      const dropped = state.bundles.map(({ id }) => id).filter((id) => !kept.has(id));
      return {
        ...state,
        bundles,
        removing: [...new Set([...state.removing, ...old, ...dropped])].filter((id) => !kept.has(id)),
      };
    });
    for (const id of removing) {
      // The manifest first: what has none is no bundle.
      await this.#objects.delete(`${BUNDLES}${id}/manifest.json`);
      for await (const { name } of this.#objects.list(`${BUNDLES}${id}/`)) await this.#objects.delete(name);
    }
    await this.#change((state) => ({
      ...state,
      removing: state.removing.filter((id) => !removing.includes(id)),
    }));
    return removing.filter((id) => found.has(id));
  }

  /** The bundle, verified by its own manifest. */
  async #open(id: string): Promise<{ bundle: Bundle; manifestSha256: string }> {
    const manifest = await this.#require(id, "manifest.json");
    const bundle = await openBundle(
      new TextDecoder().decode(manifest),
      await this.#require(id, "encoder.onnx"),
    );
    if (bundle.manifest.id === id) return { bundle, manifestSha256: await sha256Hex(manifest) };
    throw new RegistryError(
      `Cannot open the bundle ${id}: what is there must have this id: received ${bundle.manifest.id}`,
    );
  }

  async #require(id: string, file: string): Promise<Uint8Array<ArrayBuffer>> {
    const found = await this.#objects.get(`${BUNDLES}${id}/${file}`);
    if (found) return found.bytes;
    throw new UnknownBundleError(
      `Cannot open the bundle ${id}: ${this.location} must have it: there is no ${file}`,
    );
  }

  async #readState(): Promise<{ state: RegistryState; version: string | null }> {
    const found = await this.#objects.get(CURRENT);
    if (!found) return { state: EMPTY_STATE, version: null };
    const result = stateSchema.safeParse(parseJson(found.bytes));
    if (result.success) return { state: result.data, version: found.version };
    throw new RegistryError(
      `Cannot read the registry ${this.location}: ${CURRENT} is not valid:\n${z.prettifyError(result.error)}`,
    );
  }

  /** Changes the state, anew where somebody else's change came between. */
  async #change(
    change: (state: RegistryState) => RegistryState | Promise<RegistryState>,
  ): Promise<RegistryState> {
    for (let attempt = 1;; attempt++) {
      const { state, version } = await this.#readState();
      const changed = await change(state);
      if (changed === state) return state;
      try {
        const text = JSON.stringify(changed, null, 2) + "\n";
        await this.#objects.put(CURRENT, new TextEncoder().encode(text), version);
        return changed;
      } catch (error) {
        if (!(error instanceof ObjectChangedError) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  #withChange(
    state: RegistryState,
    action: "promote" | "rollback",
    bundles: RegistryEntry[],
  ): RegistryState {
    const change = {
      at: new Date(this.#now()).toISOString(),
      action,
      bundle: bundles.at(-1)!.id,
      before: state.bundles.at(-1)?.id ?? null,
    };
    return { ...state, bundles, changes: [...state.changes, change].slice(-MOST_CHANGES) };
  }
}

/** Undefined for a bundle that was never current. */
function standingOf(id: string, { bundles, changes }: RegistryState): Standing | undefined {
  const place = bundles.findLastIndex((entry) => entry.id === id);
  if (place === -1) return changes.some(({ before }) => before === id) ? "rolled-back" : undefined;
  return (["current", "previous"] as const)[bundles.length - 1 - place] ?? "earlier";
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
