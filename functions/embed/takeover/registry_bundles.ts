import type { Registry } from "../../../shared/registry/registry.ts";
import type { RegistryEntry, RegistryState } from "../../../shared/registry/state.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Bundles, LoadedBundle } from "./bundles.ts";
import { openBundle, type OpenInference } from "./open_bundle.ts";

/** Counting what is missing goes through all collections: it takes no more of the store's time than this share ... */
const COUNTING_SHARE = 0.02;
/** ... where it takes longer than this, in milliseconds. */
const SHORT_COUNT = 100;

export interface RegistryBundlesOptions {
  registry: Registry;
  /** Served as long as the registry has no bundle. */
  fallback: () => Promise<LoadedBundle>;
  openInference: OpenInference;
  store: Pick<Store, "missing">;
  /** No request lasts longer than this: so long a bundle stays loaded that is not served any more. */
  longestSeconds: number;
  log: Log;
}

/** Bundles of a registry, which are served as they become current. */
export class RegistryBundles implements Bundles {
  readonly #options: RegistryBundlesOptions;
  readonly #loaded = new Map<string, LoadedBundle>();
  readonly #closing = new Map<LoadedBundle, ReturnType<typeof setTimeout>>();
  readonly #known = new Set<string>();
  #current!: LoadedBundle;
  #collections!: LoadedBundle;
  #failure = "";
  /** Whether collections have all their pictures with the current bundle. */
  #isSettled = false;
  #countAt = 0;
  #watching: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #looking: Promise<void> | undefined;
  readonly takeovers = { done: 0, failed: 0 };

  private constructor(options: RegistryBundlesOptions) {
    this.#options = options;
  }

  /**
   * Opens the current bundle, or, if it is not fit to be served, the last before it that is.
   *
   * @throws {RegistryError | ObjectStoreError} if the registry cannot be read
   * @throws whatever the last one failed with, if none is fit
   */
  static async open(options: RegistryBundlesOptions): Promise<RegistryBundles> {
    const bundles = new RegistryBundles(options);
    const state = await options.registry.state();
    bundles.#current = await bundles.#openNewest(state);
    bundles.#collections = bundles.#current;
    bundles.#remember(state);
    await bundles.#chooseForCollections(state);
    return bundles;
  }

  get current(): LoadedBundle {
    return this.#current;
  }

  get collections(): LoadedBundle {
    return this.#collections;
  }

  knows(id: string): boolean {
    return this.#known.has(id);
  }

  /**
   * Looks at the registry, and takes over what has become current. What cannot be taken over is logged and counted, and what
   * is served stays. Whoever calls while it is at it waits for the same.
   */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  /** Looks every so many seconds, until it is closed. */
  watch(seconds: number): void {
    this.#watching = setTimeout(async () => {
      await this.look();
      if (!this.#isClosed) this.watch(seconds);
    }, seconds * 1000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#watching);
    for (const [{ inference }, timer] of this.#closing) {
      clearTimeout(timer);
      inference.close();
    }
    for (const { inference } of new Set([this.#current, this.#collections])) inference.close();
  }

  async #look(): Promise<void> {
    const { registry, log } = this.#options;
    try {
      const state = await registry.state();
      const entry = state.bundles.at(-1);
      if (entry && entry.id !== this.#current.manifest.id) {
        const from = this.#current.manifest.id;
        this.#current = await this.#load(entry);
        this.#isSettled = false;
        this.#countAt = 0;
        this.takeovers.done++;
        log({ message: "Another bundle is served", facts: { bundle: entry.id, before: from } });
      }
      this.#failure = "";
      this.#remember(state);
      await this.#chooseForCollections(state).catch((error) => {
        log({ message: "It is not known which bundle has embedded the collections", error });
      });
    } catch (error) {
      this.takeovers.failed++;
      const failure = String(error);
      // Once, however often it is tried again.
      if (failure !== this.#failure) {
        log({ message: "The registry's bundle is not taken over, and what is served stays", error });
      }
      this.#failure = failure;
    }
    this.#retire();
  }

  async #openNewest({ bundles }: RegistryState): Promise<LoadedBundle> {
    const { fallback, log } = this.#options;
    let last: unknown;
    for (const entry of bundles.toReversed()) {
      try {
        return await this.#load(entry);
      } catch (error) {
        this.takeovers.failed++;
        log({ message: "A bundle of the registry cannot be served; the one before it is tried", error });
        last = error;
      }
    }
    if (bundles.length > 0) throw last;
    log({ message: "The registry has no bundle yet; BUNDLE is served" });
    const loaded = await fallback();
    this.#loaded.set(loaded.manifest.id, loaded);
    return loaded;
  }

  async #load(entry: RegistryEntry): Promise<LoadedBundle> {
    const { registry, openInference } = this.#options;
    const found = this.#loaded.get(entry.id);
    if (found) return found;
    const loaded = await openBundle(await registry.read(entry.id, entry), openInference);
    this.#loaded.set(entry.id, loaded);
    return loaded;
  }

  /**
   * Collections are answered from the newest bundle that no other has more of their pictures embedded with: the current one,
   * or one before it as long as pictures are to be embedded anew.
   */
  async #chooseForCollections({ bundles }: RegistryState): Promise<void> {
    const { store, log } = this.#options;
    const start = performance.now();
    if (this.#isSettled || start < this.#countAt) return;
    const before = bundles.toReversed();
    const ids = new Set([
      this.#current.manifest.id,
      this.#collections.manifest.id,
      ...before.map(({ id }) => id),
    ]);
    let [best, fewest] = [this.#current.manifest.id, Infinity];
    for (const id of ids) {
      const missing = await store.missing(id);
      if (missing < fewest) [best, fewest] = [id, missing];
      if (missing === 0) break;
    }
    const took = performance.now() - start;
    this.#countAt = took > SHORT_COUNT ? start + took / COUNTING_SHARE : 0;
    this.#isSettled = fewest === 0 && best === this.#current.manifest.id;
    if (best === this.#collections.manifest.id) return;
    const entry = before.find(({ id }) => id === best);
    const chosen = this.#loaded.get(best) ?? (entry && await this.#load(entry));
    if (!chosen) return;
    this.#collections = chosen;
    log({
      message: "Collections are answered from another bundle",
      facts: { bundle: best, missing: fewest },
    });
  }

  #remember({ bundles, changes }: RegistryState): void {
    this.#known.add(this.#current.manifest.id);
    for (const { id } of bundles) this.#known.add(id);
    for (const { bundle, before } of changes) {
      this.#known.add(bundle);
      if (before !== null) this.#known.add(before);
    }
  }

  /** Closes what is not served any more, once the requests that have it are over. */
  #retire(): void {
    for (const [id, loaded] of this.#loaded) {
      const isServed = loaded === this.#current || loaded === this.#collections;
      const timer = this.#closing.get(loaded);
      if (isServed && timer !== undefined) {
        clearTimeout(timer);
        this.#closing.delete(loaded);
      }
      if (isServed || timer !== undefined) continue;
      this.#closing.set(
        loaded,
        setTimeout(() => {
          this.#closing.delete(loaded);
          this.#loaded.delete(id);
          loaded.inference.close();
        }, this.#options.longestSeconds * 1000),
      );
    }
  }
}
