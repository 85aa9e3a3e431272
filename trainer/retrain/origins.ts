import { dirname } from "@std/path";
import { z } from "zod";
import type { Registry } from "../../shared/registry/registry.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import type { WorkFolder } from "./work_folder.ts";
import { FinalError } from "./worker.ts";

const originSchema = z.strictObject({ run: z.uuid() });

/** Which run became which bundle. */
export class Origins {
  readonly #work: WorkFolder;
  readonly #registry: Registry | undefined;

  constructor(work: WorkFolder, registry: Registry | undefined) {
    this.#work = work;
    this.#registry = registry;
  }

  /** Takes note of the run that a bundle was made of. */
  async note(bundle: string, run: string): Promise<void> {
    const path = this.#work.origin(bundle);
    await Deno.mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, JSON.stringify({ run }));
  }

  /**
   * The job whose run became the registry's current bundle; undefined where there is no registry, or none is current.
   *
   * @throws {FinalError} if the bundle was not made in this work folder
   */
  async published(): Promise<string | undefined> {
    const current = (await this.#registry?.state())?.bundles.at(-1);
    if (!current) return undefined;
    try {
      return originSchema.parse(JSON.parse(await Deno.readTextFile(this.#work.origin(current.id)))).run;
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new FinalError(
        `Cannot go on from the published bundle ${current.id}: its run must be in ${this.#work.path}: it is not (start from scratch)`,
        { cause },
      );
    }
  }
}
