import { z } from "zod";
import { type Dtype, DTYPE_BYTES, isDtype, toFloat32 } from "./dtypes.ts";
import type { LazyTensorMap } from "./lazy_tensor.ts";
import type { RandomAccessFile } from "./random_access.ts";

/** A float32 tensor on the host, row-major. PyTorch's layouts: convolution weights OIHW, linear [out, in]. */
export interface Tensor {
  shape: number[];
  data: Float32Array;
}

/** Tensors by name, as in PyTorch's `state_dict`. */
export type TensorMap = Map<string, Tensor>;

export class SafetensorsError extends Error {
  override name = "SafetensorsError";
}

const metadataSchema = z.record(z.string(), z.string());
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z.record(z.string(), z.unknown());

const HEADER_LIMIT = 100 * 1024 * 1024; // the limit of the format's own library

/** Where a tensor lies in a safetensors file. */
interface Place {
  dtype: Dtype;
  shape: number[];
  /** Bytes from the beginning of the file. */
  from: number;
  to: number;
}

/**
 * Reads the safetensors format: an 8-byte little-endian header length, a JSON header, the tensors' bytes.
 * Every element type becomes float32.
 *
 * @throws {SafetensorsError} if the file is cut, or its header does not describe its bytes
 */
export function readSafetensors(bytes: Uint8Array): { tensors: TensorMap; metadata: Record<string, string> } {
  const { places, metadata } = locateTensors(
    (offset, length) => bytes.subarray(offset, offset + length),
    bytes.length,
  );
  const tensors: TensorMap = new Map();
  for (const [name, { dtype, shape, from, to }] of places) {
    tensors.set(name, { shape, data: toFloat32(dtype, bytes.slice(from, to)) });
  }
  return { tensors, metadata };
}

/**
 * Reads a file's header; each tensor's bytes when they are asked for.
 *
 * @throws {SafetensorsError} if the file is cut, or its header does not describe its bytes
 */
export function openSafetensors(file: RandomAccessFile): LazyTensorMap {
  const { places } = locateTensors((offset, length) => file.read(offset, length), file.size);
  return new Map(
    Array.from(places, ([name, { dtype, shape, from, to }]) => [
      name,
      { shape, read: () => toFloat32(dtype, file.read(from, to - from)) },
    ]),
  );
}

function locateTensors(
  read: (offset: number, length: number) => Uint8Array,
  size: number,
): { places: Map<string, Place>; metadata: Record<string, string> } {
  const fail = (why: string): never => {
    throw new SafetensorsError(`Cannot read safetensors: ${why}`);
  };
  if (size < 8) fail(`at least 8 bytes are required: received ${size}`);
  const { buffer, byteOffset } = read(0, 8);
  const headerLength = Number(new DataView(buffer, byteOffset, 8).getBigUint64(0, true));
  if (headerLength > HEADER_LIMIT || 8 + headerLength > size) {
    fail(`the header must fit in the file of ${size} bytes: received a header of ${headerLength}`);
  }
  const start = 8 + headerLength;
  const header = parseHeader(read(8, headerLength)) ?? fail("the header must be a JSON object");
  const places = new Map<string, Place>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = metadataSchema.safeParse(value).data ?? fail("the metadata must be strings");
      continue;
    }
    const entry = entrySchema.safeParse(value).data ??
      fail(`${name} must have dtype, shape and data_offsets`);
    const { dtype, shape, data_offsets: [from, to] } = entry;
    if (!isDtype(dtype)) {
      return fail(`${Object.keys(DTYPE_BYTES).join(", ")} are required: ${name} is ${dtype}`);
    }
    const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
    if (to - from !== bytes || start + to > size) {
      fail(`${name} of shape [${shape}] must have ${bytes} bytes inside the file: received ${from}..${to}`);
    }
    places.set(name, { dtype, shape, from: start + from, to: start + to });
  }
  return { places, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return headerSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  } catch {
    return undefined;
  }
}

/** Writes float32 tensors in the safetensors format, in the map's order; equal tensors give equal bytes. */
export function writeSafetensors(tensors: TensorMap, metadata: Record<string, string> = {}): Uint8Array {
  const header = encodeHeader(tensors, metadata);
  let at = header.length;
  const bytes = new Uint8Array(
    [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, header.length),
  );
  bytes.set(header);
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Writes what `writeSafetensors` does, with one tensor in memory at a time, and flushes it. */
export function copyToSafetensors(tensors: LazyTensorMap, path: string): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const write = (bytes: Uint8Array) => {
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  };
  write(encodeHeader(tensors, {}));
  for (const tensor of tensors.values()) {
    const { buffer, byteOffset, byteLength } = tensor.read();
    write(new Uint8Array(buffer, byteOffset, byteLength));
  }
  file.syncSync();
}

/** The header's length and the header, padded so that the tensors lie at multiples of 8 bytes. */
function encodeHeader(
  tensors: Map<string, { shape: number[] }>,
  metadata: Record<string, string>,
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, { shape }] of tensors) {
    const end = offset + shape.reduce((product, size) => product * size, DTYPE_BYTES.F32);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, end] };
    offset = end;
  }
  // With spaces, as the format's own library does.
  const json = JSON.stringify(header);
  const length = new TextEncoder().encode(json).length;
  const encoded = new TextEncoder().encode(json + " ".repeat((8 - (length % 8)) % 8));
  const bytes = new Uint8Array(8 + encoded.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}
