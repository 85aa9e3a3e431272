import * as ort from "onnxruntime-web";
import { createSession } from "../../shared/session.ts";
import { INPUT } from "./float_graph.ts";
import type { Graph } from "./model.ts";
import { encodeModel } from "./model.ts";

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
  const session = await createSession(bytes);
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
