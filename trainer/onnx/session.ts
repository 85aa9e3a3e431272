import * as ort from "onnxruntime-web";
import { INPUT } from "./float_graph.ts";
import type { Graph } from "./model.ts";
import { encodeModel } from "./model.ts";

ort.env.wasm.numThreads = 1; // as the edge function runs it; threads cannot start in Deno

/** An encoder's graph, loaded in the runtime that the edge function uses. */
export interface Session {
  /**
   * Runs the graph.
   *
   * @param input pictures, [N, 3, size, size], as many as it holds
   * @returns the graph's outputs by name, each row-major with N first
   */
  run(input: Float32Array): Promise<Map<string, Float32Array>>;
  /** Frees the session; WebAssembly's memory itself never shrinks. */
  release(): Promise<void>;
}

/** Loads an ONNX file, or a graph, whose one input is `input` [N, 3, size, size]. */
export async function openSession(model: Uint8Array | Graph, size: number): Promise<Session> {
  const bytes = model instanceof Uint8Array ? model : encodeModel(model);
  const session = await create(bytes);
  return {
    async run(input) {
      const count = input.length / (3 * size * size);
      const results = await session.run({
        [INPUT]: new ort.Tensor("float32", input, [count, 3, size, size]),
      });
      return new Map(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]),
      );
    },
    release: () => session.release(),
  };
}

async function create(model: Uint8Array): Promise<ort.InferenceSession> {
  // The runtime, taking Deno for Node, replaces the global Worker by that of node:worker_threads as it starts, and
  // workers made later would lack `self`.
  const { Worker } = globalThis;
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3, // errors only: a calibration graph leaves layers unused on purpose, and would be warned about
    });
  } finally {
    globalThis.Worker = Worker;
  }
}
