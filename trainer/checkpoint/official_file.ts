import { exists } from "../files/exists.ts";
import { keysPerStep, type Settings } from "../moco/settings.ts";
import type { LazyTensorMap } from "./lazy_tensor.ts";
import { CheckpointError, type Progress } from "./run.ts";
import { copyToSafetensors, type TensorMap } from "./safetensors.ts";

/**
 * Writes a run as a safetensors file that the official code's `MoCo` loads (`load_state_dict`, strict): `encoder_q.*`,
 * `encoder_k.*`, `queue` [dim, K] and `queue_ptr` [1], as far as the run has them. It appears whole or not at all.
 *
 * @param path a new file
 * @throws {CheckpointError} if there is something at `path`
 */
export async function writeOfficialFile(
  path: string,
  { settings, state, progress }: { settings: Settings; state: TensorMap; progress: Progress },
): Promise<void> {
  const tensors: LazyTensorMap = new Map();
  for (const [name, { shape, data }] of state) {
    if (!name.startsWith("optimizer.") && name !== "queue_pictures") {
      tensors.set(name, {
        shape,
        read: () => data,
      });
    }
  }
  if (state.has("queue")) {
    const pointer = (progress.step * keysPerStep(settings)) % settings.queue;
    tensors.set("queue_ptr", { shape: [1], read: () => Float32Array.of(pointer) });
  }
  if (await exists(path)) {
    throw new CheckpointError(`Cannot write ${path}: a new file is required: received one that is there`);
  }
  const partial = `${path}.partial`;
  try {
    copyToSafetensors(tensors, partial);
    await Deno.rename(partial, path);
  } catch (error) {
    if (await exists(partial)) await Deno.remove(partial);
    throw error;
  }
}
