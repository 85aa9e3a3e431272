import { createRequire } from "node:module";
import type { Attribute, Binding, DType, TensorSpec, Trace, TraceStep, ValueName } from "./trace.ts";

const require = createRequire(import.meta.url);

/** The package's own protobuf messages (google-protobuf's generated style), as far as they are used here. */
interface Message {
  serializeBinary(): Uint8Array;
}
interface AttrValue extends Message {
  setS(value: Uint8Array): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setType(value: number): void;
  setShape(value: Message): void;
  setTensor(value: Message): void;
  setList(value: Message): void;
}
interface NodeDef extends Message {
  setName(value: string): void;
  setOp(value: string): void;
  addInput(value: string): void;
  getAttrMap(): Map<string, AttrValue>;
}
interface Messages {
  AttrValue: (new () => AttrValue) & { ListValue: new () => Message & { setIList(values: number[]): void } };
  NodeDef: new () => NodeDef;
  Tensor: new () => Message & {
    setDtype(value: number): void;
    setTensorShape(value: Message): void;
    setTensorContent(value: Uint8Array): void;
  };
  TensorShape: (new () => Message & { addDim(dim: Message): void }) & {
    Dim: new () => Message & { setSize(value: number): void };
  };
  GraphDef: new () => Message & { addNode(node: NodeDef): void; setVersions(value: Message): void };
  VersionDef: new () => Message & { setProducer(value: number): void };
  MetaGraphDef:
    & (new () => Message & {
      setMetaInfoDef(value: Message): void;
      setGraphDef(value: Message): void;
      getSignatureDefMap(): Map<string, Message>;
    })
    & { MetaInfoDef: new () => Message & { addTags(tag: string): void } };
  SignatureDef: new () => Message & {
    getInputsMap(): Map<string, Message>;
    getOutputsMap(): Map<string, Message>;
    setMethodName(value: string): void;
  };
  TensorInfo: new () => Message & {
    setName(value: string): void;
    setDtype(value: number): void;
    setTensorShape(value: Message): void;
  };
  SavedModel: new () => Message & {
    setSavedModelSchemaVersion(value: number): void;
    addMetaGraphs(value: Message): void;
  };
  DataType: Record<string, number>;
}

/** A graph-level version with resource variables and all operations used here (tensorflow/core/public/version.h). */
const PRODUCER = 1087;

/**
 * Writes traces that share variables as one TensorFlow SavedModel. Its signatures: `init` sets every variable,
 * `read` returns every variable, and one for each trace, which runs it and assigns what it assigned.
 *
 * @returns the bytes of `saved_model.pb`
 */
export function writeSavedModel(binding: Binding, traces: Record<string, Trace>): Uint8Array {
  const messages = require("@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js") as Messages;
  const graph = new messages.GraphDef();
  const signatures = new Map<string, Message>();
  const variables = new Map(Object.values(traces).flatMap((trace) => [...trace.variables]));

  const shapeOf = (shape: number[]) => {
    const message = new messages.TensorShape();
    for (const size of shape) {
      const dim = new messages.TensorShape.Dim();
      dim.setSize(size);
      message.addDim(dim);
    }
    return message;
  };
  const typeNumber = (dtype: DType) => {
    const name = { float32: "DT_FLOAT", bfloat16: "DT_BFLOAT16", int32: "DT_INT32", bool: "DT_BOOL" }[dtype];
    return messages.DataType[name] as number;
  };
  const attr = (set: (value: AttrValue) => void) => {
    const value = new messages.AttrValue();
    set(value);
    return value;
  };
  const typeAttr = (dtype: DType) => attr((value) => value.setType(typeNumber(dtype)));
  const shapeAttr = (shape: number[]) => attr((value) => value.setShape(shapeOf(shape)));
  const text = (value: string) => new TextEncoder().encode(value);

  function addNode(
    name: string,
    operation: string,
    inputs: string[],
    attributes: Record<string, AttrValue>,
  ): string {
    const node = new messages.NodeDef();
    node.setName(name);
    node.setOp(operation);
    for (const input of inputs) node.addInput(input);
    for (const [key, value] of Object.entries(attributes)) node.getAttrMap().set(key, value);
    graph.addNode(node);
    return name;
  }

  function addSignature(
    name: string,
    inputs: Map<string, [string, TensorSpec]>,
    outputs: Map<string, [string, TensorSpec]>,
  ) {
    const signature = new messages.SignatureDef();
    const info = ([node, spec]: [string, TensorSpec]) => {
      const message = new messages.TensorInfo();
      message.setName(`${node}:0`);
      message.setDtype(typeNumber(spec.dtype));
      message.setTensorShape(shapeOf(spec.shape));
      return message;
    };
    for (const [key, value] of inputs) signature.getInputsMap().set(key, info(value));
    for (const [key, value] of outputs) signature.getOutputsMap().set(key, info(value));
    signature.setMethodName("tensorflow/serving/predict");
    signatures.set(name, signature);
  }

  const placeholder = (name: string, spec: TensorSpec) =>
    addNode(name, "Placeholder", [], { dtype: typeAttr(spec.dtype), shape: shapeAttr(spec.shape) });
  const handle = (variable: string) => `variable/${variable}`;
  const readVariable = (scope: string, variable: string, { dtype }: TensorSpec) =>
    addNode(`${scope}/read/${variable}`, "ReadVariableOp", [handle(variable)], { dtype: typeAttr(dtype) });
  const assignVariable = (
    scope: string,
    variable: string,
    value: string,
    { dtype }: TensorSpec,
    after: string[],
  ) =>
    addNode(`${scope}/assign/${variable}`, "AssignVariableOp", [
      handle(variable),
      value,
      ...after.map((node) => `^${node}`),
    ], {
      dtype: typeAttr(dtype),
    });
  const constant = (name: string, { dtype, shape }: TensorSpec, values: ArrayBufferView) => {
    const tensor = new messages.Tensor();
    tensor.setDtype(typeNumber(dtype));
    tensor.setTensorShape(shapeOf(shape));
    tensor.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return addNode(name, "Const", [], {
      dtype: typeAttr(dtype),
      value: attr((value) => value.setTensor(tensor)),
    });
  };

  for (const [name, { dtype, shape }] of variables) {
    addNode(handle(name), "VarHandleOp", [], {
      dtype: typeAttr(dtype),
      shape: shapeAttr(shape),
      shared_name: attr((value) => value.setS(text(name))),
      container: attr((value) => value.setS(text(""))),
    });
  }

  const scalar: TensorSpec = { dtype: "float32", shape: [] };
  const initial = new Map<string, [string, TensorSpec]>();
  const initialized = [...variables].map(([name, spec]) => {
    initial.set(name, [placeholder(`init/${name}`, spec), spec]);
    return assignVariable("init", name, `init/${name}`, spec, []);
  });
  constant("init/zero", scalar, new Float32Array(1));
  const done = addNode("init/done", "Identity", ["init/zero", ...initialized.map((node) => `^${node}`)], {
    T: typeAttr("float32"),
  });
  addSignature("init", initial, new Map([["done", [done, scalar]]]));
  addSignature(
    "read",
    new Map(),
    new Map([...variables].map(([name, spec]) => [name, [readVariable("read", name, spec), spec]])),
  );

  for (const [scope, trace] of Object.entries(traces)) addTrace(scope, trace);

  function addTrace(scope: string, trace: Trace): void {
    const specs = specsOf(trace);
    const reads = new Map<string, string>();
    const inputs = new Map<string, [string, TensorSpec]>();
    for (const [name, spec] of trace.inputs) inputs.set(name, [placeholder(`${scope}/${name}`, spec), spec]);
    const reference = (value: ValueName): string => {
      const spec = trace.variables.get(value);
      if (!spec) return `${scope}/${value}`;
      if (!reads.has(value)) reads.set(value, readVariable(scope, value, spec));
      return reads.get(value) as string;
    };
    for (const step of trace.steps) {
      const name = `${scope}/${step.name}`;
      if (step.kind === "constant") constant(name, step.spec, step.values);
      else addNode(name, step.operation, step.inputs.map(reference), operationAttributes(step, specs));
    }
    const assigned = [...trace.assignments].map(([variable, value]) => {
      const node = reference(value);
      // The read that a step computes with comes before the assignment, also where no data flows between them.
      const read = reads.get(variable);
      return assignVariable(
        scope,
        variable,
        node,
        trace.variables.get(variable) as TensorSpec,
        read ? [read] : [],
      );
    });
    const outputs = new Map<string, [string, TensorSpec]>();
    for (const [name, value] of trace.outputs) {
      const spec = specs.get(value) as TensorSpec;
      const node = addNode(`${scope}/output/${name}`, "Identity", [
        reference(value),
        ...assigned.map((a) => `^${a}`),
      ], {
        T: typeAttr(spec.dtype),
      });
      outputs.set(name, [node, spec]);
    }
    addSignature(scope, inputs, outputs);
  }

  function operationAttributes(
    step: Extract<TraceStep, { kind: "operation" }>,
    specs: Map<ValueName, TensorSpec>,
  ) {
    const attributes: Record<string, AttrValue> = {};
    for (const attribute of step.attributes) {
      attributes[attribute.name] = attr((value) => setAttribute(value, attribute));
    }
    // What eager execution infers from the tensors, a graph must be told.
    const first = specs.get(step.inputs[0] as string)?.dtype;
    for (const name of INFERRED[step.operation] ?? []) {
      if (first && !(name in attributes)) attributes[name] = typeAttr(first);
    }
    return attributes;
  }

  function setAttribute(target: AttrValue, { type, value }: Attribute): void {
    if (type === binding.TF_ATTR_STRING) target.setS(text(String(value)));
    else if (type === binding.TF_ATTR_FLOAT) target.setF(value as number);
    else if (type === binding.TF_ATTR_BOOL) target.setB(value as boolean);
    else if (type === binding.TF_ATTR_TYPE) target.setType(value as number);
    else if (type === binding.TF_ATTR_SHAPE) target.setShape(shapeOf(value as number[]));
    else if (Array.isArray(value)) {
      const list = new messages.AttrValue.ListValue();
      list.setIList(value as number[]);
      target.setList(list);
    } else target.setI(value as number);
  }

  const versions = new messages.VersionDef();
  versions.setProducer(PRODUCER);
  graph.setVersions(versions);
  const info = new messages.MetaGraphDef.MetaInfoDef();
  info.addTags("serve");
  const metaGraph = new messages.MetaGraphDef();
  metaGraph.setMetaInfoDef(info);
  metaGraph.setGraphDef(graph);
  for (const [name, signature] of signatures) metaGraph.getSignatureDefMap().set(name, signature);
  const model = new messages.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(metaGraph);
  return model.serializeBinary();
}

/** Type attributes, by operation, that are the type of the first input. */
const INFERRED: Record<string, string[]> = {
  ExpandDims: ["T"],
};

function specsOf(trace: Trace): Map<ValueName, TensorSpec> {
  const specs = new Map([...trace.inputs, ...trace.variables]);
  for (const step of trace.steps) {
    if (step.kind === "constant") specs.set(step.name, step.spec);
    else step.outputs.forEach((spec, index) => specs.set(`${step.name}:${index}`, spec));
  }
  return specs;
}
