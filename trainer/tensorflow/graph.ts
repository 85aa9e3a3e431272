import type { Attribute, Binding } from "./binding.ts";
import {
  attribute,
  control,
  type Endpoint,
  GraphBuilder,
  shapeAttribute,
  textAttribute,
  typeAttribute,
} from "./graph_builder.ts";
import { type AttrValue, messages } from "./messages.ts";
import type { TensorSpec, Trace, TraceStep, ValueName } from "./trace.ts";

/**
 * Writes traces that share variables as one TensorFlow SavedModel. Its signatures: `init` sets every variable,
 * `read` returns every variable, and one for each trace, which runs it and assigns what it assigned.
 *
 * @returns the bytes of `saved_model.pb`
 */
export function writeSavedModel(binding: Binding, traces: Record<string, Trace>): Uint8Array {
  const graph = new GraphBuilder();
  const variables = new Map(Object.values(traces).flatMap((trace) => [...trace.variables]));
  for (const [name, { dtype, shape }] of variables) {
    graph.node(handle(name), "VarHandleOp", [], {
      dtype: typeAttribute(dtype),
      shape: shapeAttribute(shape),
      shared_name: textAttribute(name),
      container: textAttribute(""),
    });
  }
  addInit(graph, variables);
  graph.signature(
    "read",
    new Map(),
    new Map([...variables].map(([name, spec]) => [name, [readVariable(graph, "read", name, spec), spec]])),
  );
  for (const [scope, trace] of Object.entries(traces)) addTrace(graph, binding, scope, trace);
  return graph.finish();
}

/** The signature that sets every variable. It needs an output: a zero that is there when all are set. */
function addInit(graph: GraphBuilder, variables: Map<ValueName, TensorSpec>): void {
  const scalar: TensorSpec = { dtype: "float32", shape: [] };
  const inputs = new Map<string, Endpoint>();
  const assigned = [...variables].map(([name, spec]) => {
    const value = graph.placeholder(`init/${name}`, spec);
    inputs.set(name, [value, spec]);
    return assignVariable(graph, "init", name, value, spec, []);
  });
  const zero = graph.constant("init/zero", scalar, new Float32Array(1));
  const done = graph.identity("init/done", zero, scalar, assigned);
  graph.signature("init", inputs, new Map([["done", [done, scalar]]]));
}

/** The signature of a trace. */
function addTrace(graph: GraphBuilder, binding: Binding, scope: string, trace: Trace): void {
  const specs = specsOf(trace);
  const reads = new Map<string, string>();
  const inputs = new Map<string, Endpoint>();
  for (const [name, spec] of trace.inputs) {
    inputs.set(name, [graph.placeholder(`${scope}/${name}`, spec), spec]);
  }
  const reference = (value: ValueName): string => {
    const spec = trace.variables.get(value);
    if (!spec) return `${scope}/${value}`;
    if (!reads.has(value)) reads.set(value, readVariable(graph, scope, value, spec));
    return reads.get(value) as string;
  };
  for (const step of trace.steps) {
    const name = `${scope}/${step.name}`;
    if (step.kind === "constant") graph.constant(name, step.spec, step.values);
    else {
      const attributes = operationAttributes(binding, step, specs);
      graph.node(name, step.operation, step.inputs.map(reference), attributes);
    }
  }
  const assigned = [...trace.assignments].map(([variable, value]) => {
    const node = reference(value);
    // The read that a step computes with comes before the assignment, also where no data flows between them.
    const read = reads.get(variable);
    const spec = trace.variables.get(variable) as TensorSpec;
    return assignVariable(graph, scope, variable, node, spec, read ? [read] : []);
  });
  const outputs = new Map<string, Endpoint>();
  for (const [name, value] of trace.outputs) {
    const spec = specs.get(value) as TensorSpec;
    outputs.set(name, [graph.identity(`${scope}/output/${name}`, reference(value), spec, assigned), spec]);
  }
  graph.signature(scope, inputs, outputs);
}

function handle(variable: string): string {
  return `variable/${variable}`;
}

function readVariable(graph: GraphBuilder, scope: string, variable: string, { dtype }: TensorSpec): string {
  const attributes = { dtype: typeAttribute(dtype) };
  return graph.node(`${scope}/read/${variable}`, "ReadVariableOp", [handle(variable)], attributes);
}

function assignVariable(
  graph: GraphBuilder,
  scope: string,
  variable: string,
  value: string,
  { dtype }: TensorSpec,
  after: string[],
): string {
  const inputs = [handle(variable), value, ...after.map(control)];
  return graph.node(`${scope}/assign/${variable}`, "AssignVariableOp", inputs, {
    dtype: typeAttribute(dtype),
  });
}

/** Type attributes, by operation, that are the type of the first input. */
const INFERRED: Record<string, string[]> = {
  ExpandDims: ["T"],
};

function operationAttributes(
  binding: Binding,
  step: Extract<TraceStep, { kind: "operation" }>,
  specs: Map<ValueName, TensorSpec>,
): Record<string, AttrValue> {
  const attributes: Record<string, AttrValue> = {};
  for (const given of step.attributes) attributes[given.name] = attributeValue(binding, given);
  // What eager execution infers from the tensors, a graph must be told.
  const first = specs.get(step.inputs[0] as string)?.dtype;
  for (const name of INFERRED[step.operation] ?? []) {
    if (first && !(name in attributes)) attributes[name] = typeAttribute(first);
  }
  return attributes;
}

function attributeValue(binding: Binding, { type, value }: Attribute): AttrValue {
  if (type === binding.TF_ATTR_STRING) return textAttribute(String(value));
  if (type === binding.TF_ATTR_SHAPE) return shapeAttribute(value as number[]);
  return attribute((target) => {
    if (type === binding.TF_ATTR_FLOAT) target.setF(value as number);
    else if (type === binding.TF_ATTR_BOOL) target.setB(value as boolean);
    else if (type === binding.TF_ATTR_TYPE) target.setType(value as number);
    else if (Array.isArray(value)) {
      const list = new messages.AttrValue.ListValue();
      list.setIList(value as number[]);
      target.setList(list);
    } else target.setI(value as number);
  });
}

function specsOf(trace: Trace): Map<ValueName, TensorSpec> {
  const specs = new Map([...trace.inputs, ...trace.variables]);
  for (const step of trace.steps) {
    if (step.kind === "constant") specs.set(step.name, step.spec);
    else step.outputs.forEach((spec, index) => specs.set(`${step.name}:${index}`, spec));
  }
  return specs;
}
