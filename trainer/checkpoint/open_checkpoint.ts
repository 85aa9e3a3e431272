import type { LazyTensor, LazyTensorMap } from "./lazy_tensor.ts";
import { readPyTorchCheckpoint } from "./pytorch/checkpoint.ts";
import { PyTorchFileError } from "./pytorch/error.ts";
import type { RandomAccessFile } from "./random_access.ts";
import { openSafetensors } from "./safetensors.ts";

const ZIP = [0x50, 0x4b]; // PK
const PICKLE = [0x80]; // its opcode for the protocol
const TAR_MAGIC_AT = 257; // "ustar"

/** A file of tensors, whatever its format. */
export interface OpenCheckpoint {
  /** In the model's order where the format keeps it. */
  tensors: LazyTensorMap;
  /** SGD's momentum buffers by the parameter's place in that order. */
  momentum: Map<number, LazyTensor>;
  /** Epochs that were trained; 0 if the file does not say. */
  epoch: number;
}

/**
 * Opens a checkpoint of PyTorch's or a safetensors file; the tensors are read when they are asked for.
 *
 * @throws {PyTorchFileError} if it is neither, or a checkpoint of PyTorch's that cannot be read
 * @throws {SafetensorsError} if it is a safetensors file that cannot be read
 */
export async function openCheckpoint(file: RandomAccessFile): Promise<OpenCheckpoint> {
  const start = file.read(0, Math.min(file.size, 512));
  const begins = (bytes: number[]) => bytes.every((byte, at) => start[at] === byte);
  if (begins(ZIP)) return await readPyTorchCheckpoint(file);
  const isTar = new TextDecoder().decode(start.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + 5)) === "ustar";
  if (begins(PICKLE) || isTar) {
    throw new PyTorchFileError(
      "Cannot read the checkpoint: the zip format that torch.save writes since PyTorch 1.6 is required: received the " +
        "one before it (in Python, torch.save(torch.load(old, map_location='cpu'), new) converts a file that you trust)",
    );
  }
  if (start[8] === 0x7b) return { tensors: openSafetensors(file), momentum: new Map(), epoch: 0 };
  throw new PyTorchFileError(
    "Cannot read the checkpoint: a file of torch.save or a safetensors file is required: received neither",
  );
}
