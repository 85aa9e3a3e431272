import * as ort from "onnxruntime-web/wasm";
import wasm from "../../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm" with {
  type: "bytes",
};

/*
 * An onnxruntime as Supabase's Edge Runtime has one, with the ways of its JavaScript interface
 * (supabase/edge-runtime, ext/ai/js/onnxruntime/onnx.js): `create` takes the bytes and nothing else counts, `run` takes
 * the inputs only and answers all outputs, and a tensor keeps its numbers where onnxruntime's own tensors have none.
 * What it computes is real. It says on standard error when a session is made.
 */

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = wasm.buffer;

class Tensor {
  readonly data: { ty: string; c: Float32Array };
  readonly size: number;

  constructor(readonly type: string, data: Float32Array | ArrayBuffer, readonly dims: number[]) {
    if (type !== "float32") throw new Error(`Unsupported type: ${type}`);
    this.data = { ty: type, c: data instanceof Float32Array ? data : new Float32Array(data) };
    this.size = this.data.c.length;
  }
}

/** A tensor as a session answers it, whose `data` are the numbers. */
function open(tensor: Tensor) {
  return new Proxy(tensor, {
    get: (target, name) => name === "data" ? target.data.c : Reflect.get(target, name),
  });
}

async function create(bytes: Uint8Array) {
  const session = await ort.InferenceSession.create(bytes);
  console.error("the platform's onnxruntime has a session");
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs: Record<string, Tensor>) {
      const feeds = Object.entries(inputs).map(([name, { type, data, dims }]) => {
        if (!(data.c instanceof Float32Array) || type !== "float32") {
          throw new Error("not a tensor of its own");
        }
        return [name, new ort.Tensor("float32", data.c, dims)];
      });
      const outputs = Object.entries(await session.run(Object.fromEntries(feeds)));
      return Object.fromEntries(outputs.map(([name, { data, dims }]) => {
        const numbers = Float32Array.from(data as Float32Array);
        return [name, open(new Tensor("float32", numbers.buffer, [...dims]))];
      }));
    },
  };
}

Object.assign(globalThis, {
  [Symbol.for("onnxruntime")]: { Tensor, env: {}, InferenceSession: { create } },
});
