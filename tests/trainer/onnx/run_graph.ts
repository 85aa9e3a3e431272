import { loadRuntime } from "../../../shared/session.ts";
import { encodeModel, type Graph, type Initializer, type Node } from "../../../trainer/onnx/model.ts";

/**
 * Runs a graph on one input and returns its first output.
 *
 * @param optimization "disabled" runs every operator by itself, as float where the graph says float
 */
export async function runGraph(
  graph: Graph,
  input: Float32Array,
  shape: number[],
  optimization: "all" | "disabled" = "all",
): Promise<Float32Array> {
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(encodeModel(graph), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: optimization,
  });
  const results = await session.run({ [session.inputNames[0]!]: new Tensor("float32", input, shape) });
  const output = results[session.outputNames[0]!]!.data as Float32Array;
  await session.release();
  return output;
}

/** A graph from `x` to the last node's output. */
export function graphOf(nodes: Node[], initializers: Record<string, Initializer> = {}): Graph {
  return {
    inputs: [{ name: "x" }],
    outputs: [{ name: nodes.at(-1)!.output }],
    initializers: new Map(Object.entries(initializers)),
    nodes,
  };
}

/** A float32 constant. */
export function floats(dims: number[], ...values: number[]): Initializer {
  return { dims, data: Float32Array.from(values) };
}
