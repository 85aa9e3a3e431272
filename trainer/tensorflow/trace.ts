import { type Attribute, type Binding, TF_BFLOAT16, type TracingBackend } from "./binding.ts";
import type { TensorFlow } from "./load.ts";

type Tensor = TensorFlow.Tensor;

/** Element types that a traced tensor can have. */
export type DType = "float32" | "bfloat16" | "int32" | "bool";

export interface TensorSpec {
  dtype: DType;
  shape: number[];
}

/** A tensor's name in a trace: an input, a variable, a constant, or `node:index` for an operation's output. */
export type ValueName = string;

export type TraceStep =
  | { kind: "constant"; name: ValueName; spec: TensorSpec; values: ArrayBufferView }
  | {
    kind: "operation";
    name: string;
    operation: string;
    attributes: Attribute[];
    inputs: ValueName[];
    outputs: TensorSpec[];
  };

/** What a function on tensors did, as data: what goes in, the operations in order, what comes out and is assigned. */
export interface Trace {
  inputs: Map<ValueName, TensorSpec>;
  variables: Map<ValueName, TensorSpec>;
  steps: TraceStep[];
  outputs: Map<string, ValueName>;
  /** Variable to the value that it has at the end. */
  assignments: Map<ValueName, ValueName>;
}

export class TraceError extends Error {
  override name = "TraceError";
}

/**
 * Runs `program` once, eagerly, and records every operation that it executes.
 *
 * All that changes from call to call must come in through `inputs`: a JavaScript number becomes a constant of the
 * trace. Variables may be assigned; reading data is refused.
 *
 * @throws {TraceError} if the program reads a tensor's data, or uses a tensor from outside that is neither an
 *   input nor a variable
 */
export function trace<I extends object, O extends object>(
  tf: typeof TensorFlow,
  variables: Map<string, TensorFlow.Variable>,
  inputs: I,
  program: (inputs: I) => O,
): { trace: Trace; outputs: O } {
  const backend = tf.engine().backend as unknown as TracingBackend;
  const { binding } = backend;
  const idOf = (tensor: Tensor) => backend.getInputTensorIds([tensor])[0] as number;
  const dtypes = new Map<number, DType>([
    [binding.TF_FLOAT, "float32"],
    [TF_BFLOAT16, "bfloat16"],
    [binding.TF_INT32, "int32"],
    [binding.TF_BOOL, "bool"],
  ]);
  const spec = (shape: number[], dtype: number): TensorSpec => {
    const name = dtypes.get(dtype);
    if (!name) {
      throw new TraceError(
        `Cannot trace: float32, bfloat16, int32 or bool tensors are required: received type ${dtype}`,
      );
    }
    return { dtype: name, shape: [...shape] };
  };

  const result: Trace = {
    inputs: new Map(),
    variables: new Map(),
    steps: [],
    outputs: new Map(),
    assignments: new Map(),
  };
  const names = new Map<number, ValueName>();
  const before = new Map<string, number>();
  for (const [name, tensor] of Object.entries(inputs) as [string, Tensor][]) {
    result.inputs.set(name, { dtype: tensor.dtype as DType, shape: tensor.shape });
    names.set(idOf(tensor), name);
  }
  for (const [name, variable] of variables) {
    result.variables.set(name, { dtype: variable.dtype as DType, shape: variable.shape });
    names.set(idOf(variable), name);
    before.set(name, idOf(variable));
  }

  const nameOf = (role: string, tensor: Tensor): ValueName => {
    const name = names.get(idOf(tensor));
    if (name === undefined) throw foreign(role);
    return name;
  };

  // A tensor's values come here late, so a constant is told from a tensor made before the trace by its values.
  const constants = new WeakSet<ArrayBufferView>();
  const recording: Partial<Binding> = {
    createTensor(shape, dtype, values) {
      if (!constants.has(values)) throw foreign("an operation");
      const id = binding.createTensor(shape, dtype, values);
      const name = `constant_${result.steps.length}`;
      const copy = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
      result.steps.push({ kind: "constant", name, spec: spec(shape, dtype), values: copy });
      names.set(id, name);
      return id;
    },
    executeOp(operation, attributes, ids, count) {
      const inputNames = ids.map((id) => {
        const name = names.get(id);
        if (name === undefined) throw foreign(operation);
        return name;
      });
      const outputs = binding.executeOp(operation, attributes, ids, count);
      const name = `${operation}_${result.steps.length}`;
      outputs.forEach(({ id }, index) => names.set(id, `${name}:${index}`));
      result.steps.push({
        kind: "operation",
        name,
        operation,
        attributes,
        inputs: inputNames,
        outputs: outputs.map(({ shape, dtype }) => spec(shape, dtype)),
      });
      return outputs;
    },
    tensorDataSync() {
      throw new TraceError("Cannot trace: a traced program must not read the data of a tensor");
    },
  };
  // The binding's own functions are read-only, and a plain assignment would not shadow them.
  backend.binding = Object.create(binding, Object.getOwnPropertyDescriptors(recording));
  const { move } = backend;
  backend.move = (dataId, values, ...rest) => {
    constants.add(values);
    move.call(backend, dataId, values, ...rest);
  };
  let outputs: O;
  try {
    outputs = program(inputs);
    for (const [name, tensor] of Object.entries(outputs) as [string, Tensor][]) {
      result.outputs.set(name, nameOf(`output ${name}`, tensor));
    }
    for (const [name, variable] of variables) {
      if (idOf(variable) !== before.get(name)) {
        result.assignments.set(name, nameOf(`variable ${name}`, variable));
      }
    }
  } finally {
    backend.binding = binding;
    backend.move = move;
  }
  return { trace: result, outputs };
}

function foreign(role: string): TraceError {
  return new TraceError(
    `Cannot trace ${role}: it must be made of the traced program's inputs, variables and constants: received a tensor from outside`,
  );
}
