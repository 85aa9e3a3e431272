import * as ort from "onnxruntime-web";

// More threads need SharedArrayBuffer and workers of the runtime's own, which edge platforms lack.
ort.env.wasm.numThreads = 1;

/**
 * Loads an ONNX file into onnxruntime-web, for WebAssembly on one thread.
 *
 * The runtime takes Deno for Node and, as it starts, replaces the global `Worker` by that of `node:worker_threads`,
 * whose workers lack `self`. It is put back.
 */
export async function createSession(graph: Uint8Array): Promise<ort.InferenceSession> {
  const { Worker } = globalThis;
  try {
    return await ort.InferenceSession.create(graph, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3, // errors only: graphs with outputs that nobody asked for would be warned about
    });
  } finally {
    globalThis.Worker = Worker;
  }
}
