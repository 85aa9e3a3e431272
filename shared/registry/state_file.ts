import { z } from "zod";
import { ObjectChangedError, type ObjectStore } from "../objects/object_store.ts";
import { RegistryError } from "./errors.ts";
import { parseJson } from "./parse_json.ts";
import { EMPTY_STATE, type RegistryState, stateSchema } from "./state.ts";

const NAME = "current.json";

/** How often a change is tried again that somebody else's came before. */
const ATTEMPTS = 8;

/** `current.json`, which changes by one atomic write that goes through only if nobody else's came between. */
export class StateFile {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** @throws {RegistryError} if it cannot be read */
  async read(): Promise<RegistryState> {
    return (await this.#readVersion()).state;
  }

  /**
   * Writes what `change` makes of the state, made anew where somebody else's change came between; nothing if it is the same
   * object.
   *
   * @returns what is so now
   * @throws {RegistryError | ObjectChangedError} if it cannot be read, or others keep changing it
   */
  async change(
    change: (state: RegistryState) => RegistryState | Promise<RegistryState>,
  ): Promise<RegistryState> {
    for (let attempt = 1;; attempt++) {
      const { state, version } = await this.#readVersion();
      const changed = await change(state);
      if (changed === state) return state;
      try {
        const text = JSON.stringify(changed, null, 2) + "\n";
        await this.#objects.put(NAME, new TextEncoder().encode(text), version);
        return changed;
      } catch (error) {
        if (!(error instanceof ObjectChangedError) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #readVersion(): Promise<{ state: RegistryState; version: string | null }> {
    const found = await this.#objects.get(NAME);
    if (!found) return { state: EMPTY_STATE, version: null };
    const result = stateSchema.safeParse(parseJson(found.bytes));
    if (result.success) return { state: result.data, version: found.version };
    throw new RegistryError(
      `Cannot read the registry ${this.#objects.location}: ${NAME} is not valid:\n${
        z.prettifyError(result.error)
      }`,
    );
  }
}
