import protobuf from "protobufjs";

/** The operator set that the graphs are written in: the last one before ReduceL2's axes became an input. */
export const OPSET = 17;
/** The file format's version that belongs to operator sets 15 to 17. */
const IR_VERSION = 8;

/** A constant of the graph, row-major; its element type is that of its array. */
export interface Initializer {
  dims: number[];
  data: Float32Array | Uint8Array | Int8Array | Int32Array;
}

/** Integers are written as INT or INTS: none of the operators used here has a float attribute. */
export type Attribute = number | number[];

/** One operator call. Every operator used here has exactly one output. */
export interface Node {
  operator: string;
  inputs: string[];
  output: string;
  attributes: Record<string, Attribute>;
}

/** A float32 tensor that goes in or comes out; a string is a dynamic dimension's name. */
export interface Value {
  name: string;
  /** Left out where the shape is for the runtime to infer. */
  shape?: (number | string)[];
}

/** An ONNX graph as plain data, its nodes in an order in which they can run. */
export interface Graph {
  inputs: Value[];
  outputs: Value[];
  initializers: Map<string, Initializer>;
  nodes: Node[];
}

// The part of the format that is written here. Field numbers: github.com/onnx/onnx, onnx/onnx.proto.
const schema = protobuf.parse(
  `
  syntax = "proto2";
  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
    repeated StringStringEntryProto metadata_props = 14;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message StringStringEntryProto { optional string key = 1; optional string value = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    optional string name = 1;
    optional int64 i = 3;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message TypeProto {
    optional Tensor tensor_type = 1;
    message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  }
  message TensorShapeProto {
    repeated Dimension dim = 1;
    message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
  }
`,
  { keepCase: true },
).root;
const ModelProto = schema.lookupType("ModelProto");

// AttributeProto.AttributeType and TensorProto.DataType.
const INT = 2, INTS = 7;
const FLOAT = 1, UINT8 = 2, INT8 = 3, INT32 = 6;

/**
 * Writes a graph as an ONNX file; equal graphs give equal bytes.
 *
 * @param metadata facts about the model, stored in the file's `metadata_props`
 */
export function encodeModel(graph: Graph, metadata: Record<string, string> = {}): Uint8Array {
  return ModelProto.encode({
    ir_version: IR_VERSION,
    producer_name: "lookalike",
    opset_import: [{ domain: "", version: OPSET }],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: "encoder",
      node: graph.nodes.map(({ operator, inputs, output, attributes }) => ({
        input: inputs,
        output: [output],
        name: output,
        op_type: operator,
        attribute: Object.entries(attributes).map(([name, value]) =>
          typeof value === "number" ? { name, i: value, type: INT } : { name, ints: value, type: INTS }
        ),
      })),
      initializer: Array.from(graph.initializers, ([name, { dims, data }]) => ({
        dims,
        data_type: dataType(data),
        name,
        raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  }).finish();
}

function dataType(data: Initializer["data"]): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof Uint8Array) return UINT8;
  return data instanceof Int8Array ? INT8 : INT32;
}

function valueInfo({ name, shape }: Value) {
  const dim = shape?.map((size) => typeof size === "number" ? { dim_value: size } : { dim_param: size });
  return { name, type: { tensor_type: { elem_type: FLOAT, ...(dim && { shape: { dim } }) } } };
}
