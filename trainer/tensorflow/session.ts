import { join } from "@std/path";
import type { TracingBackend } from "./binding.ts";
import { writeSavedModel } from "./graph.ts";
import type { TensorFlow } from "./load.ts";
import type { Trace } from "./trace.ts";

type Tensor = TensorFlow.Tensor;
type SavedModel = Awaited<ReturnType<(typeof TensorFlow)["node"]["loadSavedModel"]>>;
type NamedTensors = Record<string, Tensor>;

/** Traced programs in one TensorFlow session, where their variables live. */
export interface Session {
  /** Runs a program; the caller disposes what it returns. */
  run(program: string, inputs: object): NamedTensors;
  /** The variables' values; the caller disposes them. */
  read(): Map<string, Tensor>;
  dispose(): void;
}

/**
 * Compiles traces that share variables. What `tf.function` is to TensorFlow in Python.
 *
 * @param initial the variables' first values
 */
export async function compile(
  tf: typeof TensorFlow,
  traces: Record<string, Trace>,
  initial: Map<string, Tensor>,
): Promise<Session> {
  const { binding } = tf.engine().backend as unknown as TracingBackend;
  // The package caches models by path, so each compilation has a folder of its own.
  const folder = await Deno.makeTempDir({ prefix: "lookalike-graph-" });
  const models = new Map<string, SavedModel>();
  try {
    await Deno.writeFile(join(folder, "saved_model.pb"), writeSavedModel(binding, traces));
    for (const signature of ["init", "read", ...Object.keys(traces)]) {
      models.set(signature, await tf.node.loadSavedModel(folder, ["serve"], signature));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const run = (signature: string, inputs: object) => {
    const model = models.get(signature) as SavedModel;
    return model.predict(inputs as NamedTensors) as unknown as NamedTensors;
  };
  tf.dispose(run("init", Object.fromEntries(initial)));
  return {
    run,
    read: () => new Map(Object.entries(run("read", {}))),
    dispose: () => models.forEach((model) => model.dispose()),
  };
}
