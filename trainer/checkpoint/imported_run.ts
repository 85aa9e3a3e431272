import { basename, dirname, join, resolve } from "@std/path";
import type { Settings } from "../moco/settings.ts";
import { writeAtomically } from "./atomic.ts";
import type { LazyTensorMap } from "./lazy_tensor.ts";
import { CheckpointError, checkpointPath, type Progress } from "./run.ts";
import { copyToSafetensors } from "./safetensors.ts";

/** @throws {CheckpointError} if a run's folder cannot begin at `folder`, because something is there */
export async function requireNewRun(folder: string): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      throw new CheckpointError(
        `Cannot import a run: ${folder} must be a new or empty folder: received one that has ${name}`,
      );
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Writes a run's folder, one tensor in memory at a time, under a temporary name that is then renamed: what cannot be
 * read to its end leaves nothing.
 *
 * @param folder new or empty
 * @throws {CheckpointError} if a number is not finite
 */
export async function writeImportedRun(
  folder: string,
  run: { settings: Settings; state: LazyTensorMap; progress: Progress },
): Promise<void> {
  const { settings, state, progress } = run;
  const target = resolve(folder);
  await Deno.mkdir(dirname(target), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: dirname(target), suffix: ".partial" });
  try {
    const path = checkpointPath(temporary, progress.step);
    const file = basename(path);
    copyToSafetensors(finite(state), path);
    await writeAtomically(
      join(temporary, "checkpoint.json"),
      JSON.stringify({ file, progress }, null, 2) + "\n",
    );
    await writeAtomically(join(temporary, "settings.json"), JSON.stringify(settings, null, 2) + "\n");
    await Deno.chmod(temporary, 0o755); // temporary folders are private
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true });
    throw error;
  }
}

/** The same tensors, which refuse to be read where a number is not finite. */
function finite(state: LazyTensorMap): LazyTensorMap {
  return new Map(Array.from(state, ([name, tensor]) => [name, {
    shape: tensor.shape,
    read() {
      const data = tensor.read();
      const wrong = data.find((value) => !Number.isFinite(value));
      if (wrong === undefined) return data;
      throw new CheckpointError(
        `Cannot import ${name}: finite numbers are required: received ${wrong}`,
      );
    },
  }]));
}
