import { DTYPE_BYTES, toFloat32 } from "../dtypes.ts";
import type { LazyTensor, LazyTensorMap } from "../lazy_tensor.ts";
import type { RandomAccessFile } from "../random_access.ts";
import { TorchArchive } from "./archive.ts";
import { PyTorchFileError } from "./error.ts";
import { Global } from "./globals.ts";
import { gather, storageBytes, StorageReference, TensorReference } from "./tensor_reference.ts";
import { unpickle } from "./unpickle.ts";
import { describe, Dictionary, type Value } from "./value.ts";

const MAX_EPOCHS = 1e6;
const MAX_PARAMETERS = 100_000; // groups may repeat one list, so that a small file names many

/** What is of use in a checkpoint; the tensors are read when they are asked for. */
export interface PyTorchCheckpoint {
  /** The `state_dict`, in its order, which is also that of the model's parameters. */
  tensors: LazyTensorMap;
  /** SGD's momentum buffers by the parameter's place in that order; empty if there are none. */
  momentum: Map<number, LazyTensor>;
  /** Epochs that were trained; 0 if the checkpoint does not say. */
  epoch: number;
}

/**
 * Reads a checkpoint that torch.save wrote: a `state_dict` by itself, under that name among other things, or as the
 * only dictionary of tensors under any name, as lightly's tutorials have it.
 *
 * @throws {PyTorchFileError} if it is no such file, or asks for anything but tensors and plain containers
 */
export async function readPyTorchCheckpoint(file: RandomAccessFile): Promise<PyTorchCheckpoint> {
  const archive = await TorchArchive.open(file);
  const root = unpickle(archive.readPickle(), (id) => findStorage(archive, id));
  if (!(root instanceof Dictionary)) fail("a dictionary of tensors", describe(root));
  const tensors: LazyTensorMap = new Map();
  for (const [name, value] of stateDict(root).entries) {
    if (typeof name === "string" && value instanceof TensorReference) tensors.set(name, lazy(archive, value));
  }
  if (tensors.size === 0) {
    fail(
      "a state_dict of tensors",
      `a dictionary of ${[...root.entries.keys()].slice(0, 10).map(describe).join(", ")}`,
    );
  }
  const epoch = lookIn(root, "epoch");
  return {
    tensors,
    momentum: momentumBuffers(archive, lookIn(root, "optimizer")),
    epoch: typeof epoch === "number" && Number.isInteger(epoch) && epoch > 0 && epoch < MAX_EPOCHS
      ? epoch
      : 0,
  };
}

function stateDict(root: Dictionary): Dictionary {
  const named = lookIn(root, "state_dict");
  if (named instanceof Dictionary) return named;
  const hasTensors = (dictionary: Dictionary) =>
    dictionary.entries.values().some((value) => value instanceof TensorReference);
  if (hasTensors(root)) return root;
  const inside = [...root.entries.values()].filter((value) => value instanceof Dictionary).filter(hasTensors);
  return inside.length === 1 ? inside[0]! : root;
}

/** torch.optim.SGD's `state_dict`: `param_groups` number the parameters, `state` has their buffers by number. */
function momentumBuffers(archive: TorchArchive, optimizer: Value | undefined): Map<number, LazyTensor> {
  const buffers = new Map<number, LazyTensor>();
  const groups = lookIn(optimizer, "param_groups");
  const state = lookIn(optimizer, "state");
  if (!Array.isArray(groups) || !(state instanceof Dictionary)) return buffers;
  let place = 0;
  for (const group of groups) {
    const numbers = lookIn(group, "params");
    if (!Array.isArray(numbers)) continue;
    if (place + numbers.length > MAX_PARAMETERS) {
      fail(`an optimizer of at most ${MAX_PARAMETERS} parameters`, "more");
    }
    for (const number of numbers) {
      const buffer = lookIn(state.entries.get(number), "momentum_buffer");
      if (buffer instanceof TensorReference) buffers.set(place, lazy(archive, buffer));
      place++;
    }
  }
  return buffers;
}

function lookIn(value: Value | undefined, key: string): Value | undefined {
  return value instanceof Dictionary ? value.entries.get(key) : undefined;
}

/** A persistent id is ("storage", class, key, device, elements). */
function findStorage(archive: TorchArchive, id: Value): StorageReference {
  const [tag, type, key, , elements] = Array.isArray(id) ? id : [];
  if (
    tag !== "storage" || !(type instanceof Global) || type.role.kind !== "storage" ||
    typeof key !== "string" ||
    typeof elements !== "number" || !Number.isSafeInteger(elements) || elements < 0
  ) fail("a storage as torch.save names it", describe(id));
  const storage = new StorageReference(key, type.role.dtype, elements);
  const size = archive.storageSize(key) ?? fail(`the bytes of storage ${key.slice(0, 50)}`, "none");
  if (size !== storageBytes(storage)) {
    fail(`${storageBytes(storage)} bytes for the ${elements} elements of storage ${key}`, String(size));
  }
  return storage;
}

function lazy(archive: TorchArchive, tensor: TensorReference): LazyTensor {
  const { shape, offset, storage: { key, dtype } } = tensor;
  return {
    shape,
    read() {
      if (dtype === undefined) return fail("a storage of a known element type", `storage ${key} without one`);
      const width = DTYPE_BYTES[dtype];
      const bytes = archive.readStorage(key, offset * width, tensor.span * width);
      return gather(tensor, toFloat32(dtype, bytes));
    },
  };
}

function fail(required: string, received: string): never {
  throw new PyTorchFileError(`Cannot read the checkpoint: ${required} is required: received ${received}`);
}
