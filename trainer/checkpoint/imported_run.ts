import { basename, join } from "@std/path";
import { anyEntry, writeNewFolder } from "../files/new_folder.ts";
import type { Settings } from "../moco/settings.ts";
import { writeAtomically } from "./atomic.ts";
import type { LazyTensorMap } from "./lazy_tensor.ts";
import { CheckpointError, checkpointPath, type Progress } from "./run.ts";
import { copyToSafetensors } from "./safetensors.ts";

/** @throws {CheckpointError} if a run's folder cannot begin at `folder`, because something is there */
export async function requireNewRun(folder: string): Promise<void> {
  const name = await anyEntry(folder);
  if (name === undefined) return;
  throw new CheckpointError(
    `Cannot import a run: ${folder} must be a new or empty folder: received one that has ${name}`,
  );
}

/**
 * Writes a run's folder, one tensor in memory at a time; what cannot be read to its end leaves nothing.
 *
 * @param folder new or empty
 * @throws {CheckpointError} if a number is not finite
 */
export async function writeImportedRun(
  folder: string,
  { settings, state, progress }: { settings: Settings; state: LazyTensorMap; progress: Progress },
): Promise<void> {
  await writeNewFolder(folder, async (temporary) => {
    const path = checkpointPath(temporary, progress.step);
    copyToSafetensors(finite(state), path);
    const pointer = { file: basename(path), progress };
    await writeAtomically(join(temporary, "checkpoint.json"), JSON.stringify(pointer, null, 2) + "\n");
    await writeAtomically(join(temporary, "settings.json"), JSON.stringify(settings, null, 2) + "\n");
  });
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
