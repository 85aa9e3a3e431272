import { type AttrValue, type Message, messages } from "./messages.ts";
import type { DType, TensorSpec } from "./trace.ts";

/** A graph-level version with resource variables and all operations used here (tensorflow/core/public/version.h). */
const PRODUCER = 1087;

const TYPE_NAMES: Record<DType, string> = {
  float32: "DT_FLOAT",
  bfloat16: "DT_BFLOAT16",
  int32: "DT_INT32",
  bool: "DT_BOOL",
};

/** A node of a graph, and what its first output is. */
export type Endpoint = [node: string, spec: TensorSpec];

/** Collects nodes and signatures, and writes them as a SavedModel. A node is known by its name. */
export class GraphBuilder {
  readonly #graph = new messages.GraphDef();
  readonly #signatures = new Map<string, Message>();

  /** @returns the node's name */
  node(name: string, operation: string, inputs: string[], attributes: Record<string, AttrValue>): string {
    const node = new messages.NodeDef();
    node.setName(name);
    node.setOp(operation);
    for (const input of inputs) node.addInput(input);
    for (const [key, value] of Object.entries(attributes)) node.getAttrMap().set(key, value);
    this.#graph.addNode(node);
    return name;
  }

  constant(name: string, { dtype, shape }: TensorSpec, values: ArrayBufferView): string {
    const tensor = new messages.Tensor();
    tensor.setDtype(typeNumber(dtype));
    tensor.setTensorShape(shapeMessage(shape));
    tensor.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return this.node(name, "Const", [], {
      dtype: typeAttribute(dtype),
      value: attribute((value) => value.setTensor(tensor)),
    });
  }

  placeholder(name: string, { dtype, shape }: TensorSpec): string {
    return this.node(name, "Placeholder", [], { dtype: typeAttribute(dtype), shape: shapeAttribute(shape) });
  }

  /** A value that is there once the nodes `after` have run. */
  identity(name: string, value: string, { dtype }: TensorSpec, after: string[]): string {
    const inputs = [value, ...after.map(control)];
    return this.node(name, "Identity", inputs, { T: typeAttribute(dtype) });
  }

  /** What the package's `loadSavedModel` takes by this name. */
  signature(name: string, inputs: Map<string, Endpoint>, outputs: Map<string, Endpoint>): void {
    const signature = new messages.SignatureDef();
    for (const [key, endpoint] of inputs) signature.getInputsMap().set(key, tensorInfo(endpoint));
    for (const [key, endpoint] of outputs) signature.getOutputsMap().set(key, tensorInfo(endpoint));
    signature.setMethodName("tensorflow/serving/predict");
    this.#signatures.set(name, signature);
  }

  /** @returns the bytes of `saved_model.pb` */
  finish(): Uint8Array {
    const versions = new messages.VersionDef();
    versions.setProducer(PRODUCER);
    this.#graph.setVersions(versions);
    const info = new messages.MetaGraphDef.MetaInfoDef();
    info.addTags("serve");
    const metaGraph = new messages.MetaGraphDef();
    metaGraph.setMetaInfoDef(info);
    metaGraph.setGraphDef(this.#graph);
    for (const [name, signature] of this.#signatures) metaGraph.getSignatureDefMap().set(name, signature);
    const model = new messages.SavedModel();
    model.setSavedModelSchemaVersion(1);
    model.addMetaGraphs(metaGraph);
    return model.serializeBinary();
  }
}

/** An input that is waited for, and not used. */
export function control(node: string): string {
  return `^${node}`;
}

export function attribute(set: (value: AttrValue) => void): AttrValue {
  const value = new messages.AttrValue();
  set(value);
  return value;
}

export function typeAttribute(dtype: DType): AttrValue {
  return attribute((value) => value.setType(typeNumber(dtype)));
}

export function shapeAttribute(shape: number[]): AttrValue {
  return attribute((value) => value.setShape(shapeMessage(shape)));
}

export function textAttribute(text: string): AttrValue {
  return attribute((value) => value.setS(new TextEncoder().encode(text)));
}

function typeNumber(dtype: DType): number {
  return messages.DataType[TYPE_NAMES[dtype]] as number;
}

function shapeMessage(shape: number[]): Message {
  const message = new messages.TensorShape();
  for (const size of shape) {
    const dim = new messages.TensorShape.Dim();
    dim.setSize(size);
    message.addDim(dim);
  }
  return message;
}

function tensorInfo([node, { dtype, shape }]: Endpoint): Message {
  const message = new messages.TensorInfo();
  message.setName(`${node}:0`);
  message.setDtype(typeNumber(dtype));
  message.setTensorShape(shapeMessage(shape));
  return message;
}
