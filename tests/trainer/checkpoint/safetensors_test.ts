import { assertEquals, assertThrows } from "@std/assert";
import {
  readSafetensors,
  SafetensorsError,
  type TensorMap,
  writeSafetensors,
} from "../../../trainer/checkpoint/safetensors.ts";

const TENSORS: TensorMap = new Map([
  ["conv1.weight", { shape: [2, 1, 1, 2], data: new Float32Array([1.5, -2, 0, 3e-30]) }],
  ["fc.bias", { shape: [3], data: new Float32Array([1, 2, 3]) }],
  ["scalar", { shape: [], data: new Float32Array([7]) }],
  ["nothing", { shape: [0, 4], data: new Float32Array() }],
]);

/** A file of this header and these bytes, which may not fit each other. */
function file(header: unknown, bytes = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const contents = new Uint8Array(8 + json.length + bytes.length);
  new DataView(contents.buffer).setBigUint64(0, BigInt(json.length), true);
  contents.set(json, 8);
  contents.set(bytes, 8 + json.length);
  return contents;
}

function refuses(bytes: Uint8Array, message: string) {
  assertThrows(() => readSafetensors(bytes), SafetensorsError, message);
}

Deno.test("readSafetensors() reads back what writeSafetensors() wrote, in the same order", () => {
  const { tensors, metadata } = readSafetensors(writeSafetensors(TENSORS, { step: "3" }));
  assertEquals([...tensors], [...TENSORS]);
  assertEquals(metadata, { step: "3" });
});

Deno.test("writeSafetensors() gives equal bytes for equal tensors, aligned to 8 bytes", () => {
  const bytes = writeSafetensors(TENSORS);
  assertEquals(writeSafetensors(new Map(TENSORS)), bytes);
  assertEquals(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
});

Deno.test("readSafetensors() turns PyTorch's 64-bit counters into float32", () => {
  const counter = new Uint8Array(new BigInt64Array([41n]).buffer);
  const header = { num_batches_tracked: { dtype: "I64", shape: [], data_offsets: [0, 8] } };
  const { tensors } = readSafetensors(file(header, counter));
  assertEquals(tensors.get("num_batches_tracked"), { shape: [], data: new Float32Array([41]) });
});

Deno.test("readSafetensors() reads a file that lies within a larger buffer", () => {
  const bytes = writeSafetensors(TENSORS);
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  assertEquals([...readSafetensors(larger.subarray(3)).tensors], [...TENSORS]);
});

Deno.test("readSafetensors() throws wherever the file is cut", () => {
  const bytes = writeSafetensors(TENSORS);
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(() => readSafetensors(bytes.slice(0, length)), SafetensorsError);
  }
  refuses(bytes.slice(0, 5), "at least 8 bytes are required: received 5");
  refuses(bytes.slice(0, 20), "the header must fit in the file of 20 bytes");
  refuses(bytes.slice(0, -1), "scalar of shape [] must have 4 bytes inside the file");
});

Deno.test("readSafetensors() throws when the header is larger than the format allows", () => {
  const bytes = new Uint8Array(16).fill(255);
  refuses(bytes, "the header must fit");
});

Deno.test("readSafetensors() throws when the header is not a JSON object of tensors", () => {
  for (const header of ["not json", "[1]", "null", "7"]) {
    refuses(file(header), "the header must be a JSON object");
  }
  for (
    const entry of [null, 1, {}, { dtype: "F32", shape: [1] }, {
      dtype: "F32",
      shape: [1],
      data_offsets: [-4, 0],
    }]
  ) {
    refuses(file({ weight: entry }), "weight must have dtype, shape and data_offsets");
  }
  refuses(file({ __metadata__: { step: 3 } }), "the metadata must be strings");
});

Deno.test("readSafetensors() names the tensor whose type or bytes are not what is required", () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  refuses(file({ w: { ...entry, dtype: "F8_E4M3" } }, new Uint8Array(8)), "are required: w is F8_E4M3");
  refuses(file({ w: { ...entry, shape: [3] } }, new Uint8Array(8)), "w of shape [3] must have 12 bytes");
  refuses(file({ w: { ...entry, data_offsets: [8, 16] } }, new Uint8Array(8)), "received 8..16");
});
