import { type Dtype, DTYPE_BYTES } from "../dtypes.ts";
import { PyTorchFileError } from "./error.ts";
import { describe, type Value } from "./value.ts";

const MAX_RANK = 8;

/** A storage of the archive: elements that tensors are views of. */
export class StorageReference {
  constructor(readonly key: string, readonly dtype: Dtype | undefined, readonly elements: number) {}
}

/** A view of a storage: element (i, j, ...) lies at offset + i stride[0] + j stride[1] + ... */
export class TensorReference {
  constructor(
    readonly storage: StorageReference,
    readonly offset: number,
    readonly shape: number[],
    readonly stride: number[],
  ) {}

  /** Elements from the first to the last, with what lies between. */
  get span(): number {
    if (this.shape.includes(0)) return 0;
    return 1 + this.shape.reduce((last, size, axis) => last + (size - 1) * this.stride[axis]!, 0);
  }
}

/**
 * The view that `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...)` describes.
 *
 * @throws {PyTorchFileError} if it is not inside its storage, or has more elements than it
 */
export function rebuildTensor(args: Value[]): TensorReference {
  const [storage, offset, size, stride] = args;
  if (!(storage instanceof StorageReference)) fail("a storage", describe(storage));
  if (!isCount(offset)) fail("an offset of at least 0", describe(offset));
  const shape = counts(size, "a shape");
  const steps = counts(stride, "strides");
  if (steps.length !== shape.length) fail(`${shape.length} strides`, String(steps.length));
  const elements = shape.reduce((product, length) => product * length, 1);
  if (elements > storage.elements) {
    fail(`at most the storage's ${storage.elements} elements`, `a shape of [${shape}]`);
  }
  const tensor = new TensorReference(storage, offset, shape, steps);
  if (offset + tensor.span > storage.elements) {
    fail(
      `a place inside the storage of ${storage.elements} elements`,
      `elements ${offset} to ${offset + tensor.span}`,
    );
  }
  return tensor;
}

/** Copies a view out of the elements that it spans, row-major. */
export function gather({ shape, stride }: TensorReference, elements: Float32Array): Float32Array {
  if (isContiguous(shape, stride)) return elements;
  const count = shape.reduce((product, length) => product * length, 1);
  const index = shape.map(() => 0);
  const gathered = new Float32Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    gathered[i] = elements[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at += stride[axis]!;
      if (index[axis]! < shape[axis]!) break;
      at -= index[axis]! * stride[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}

/** Bytes of the storage's elements; an untyped storage counts bytes. */
export function storageBytes({ dtype, elements }: StorageReference): number {
  return elements * (dtype === undefined ? 1 : DTYPE_BYTES[dtype]);
}

function isContiguous(shape: number[], stride: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function counts(value: Value | undefined, what: string): number[] {
  if (!Array.isArray(value)) fail(what, describe(value));
  if (value.length > MAX_RANK) fail(`${what} of at most ${MAX_RANK} dimensions`, String(value.length));
  return value.map((count) => isCount(count) ? count : fail(`${what} of whole numbers`, describe(count)));
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function fail(required: string, received: string): never {
  throw new PyTorchFileError(`Cannot read a tensor: ${required} is required: received ${received}`);
}
