import { z } from "zod";

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

/**
 * Reads the safetensors format: an 8-byte little-endian header length, a JSON header, the tensors' bytes.
 * F32 is taken as it is; I64 (PyTorch's counters) becomes float32.
 *
 * @throws {SafetensorsError} if the file is cut, or its header does not describe its bytes
 */
export function readSafetensors(bytes: Uint8Array): { tensors: TensorMap; metadata: Record<string, string> } {
  const fail = (why: string): never => {
    throw new SafetensorsError(`Cannot read safetensors: ${why}`);
  };
  if (bytes.length < 8) fail(`at least 8 bytes are required: received ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > HEADER_LIMIT || 8 + headerLength > bytes.length) {
    fail(`the header must fit in the file of ${bytes.length} bytes: received a header of ${headerLength}`);
  }
  const start = 8 + headerLength;
  const header = parseHeader(bytes.subarray(8, start)) ?? fail("the header must be a JSON object");
  const tensors: TensorMap = new Map();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      metadata = metadataSchema.safeParse(value).data ?? fail("the metadata must be strings");
      continue;
    }
    const entry = entrySchema.safeParse(value).data ??
      fail(`${name} must have dtype, shape and data_offsets`);
    const { dtype, shape, data_offsets: [from, to] } = entry;
    const count = shape.reduce((product, size) => product * size, 1);
    const width = dtype === "F32"
      ? 4
      : dtype === "I64"
      ? 8
      : fail(`F32 or I64 is required: ${name} is ${dtype}`);
    if (to - from !== count * width || start + to > bytes.length) {
      fail(
        `${name} of shape [${shape}] must have ${
          count * width
        } bytes inside the file: received ${from}..${to}`,
      );
    }
    const slice = bytes.slice(start + from, start + to).buffer;
    const data = dtype === "F32"
      ? new Float32Array(slice)
      : Float32Array.from(new BigInt64Array(slice), Number);
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata };
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
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  // Padding with spaces keeps the tensors aligned to 8 bytes, as the format's own library does.
  const json = JSON.stringify(header);
  const length = new TextEncoder().encode(json).length;
  const encoded = new TextEncoder().encode(json + " ".repeat((8 - (length % 8)) % 8));
  const bytes = new Uint8Array(8 + encoded.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  let at = 8 + encoded.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
