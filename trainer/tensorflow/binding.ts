import type { TensorFlow } from "./load.ts";

type Tensor = TensorFlow.Tensor;

/** An attribute as the package hands it to TensorFlow: `type` is one of the binding's TF_ATTR_* numbers. */
export interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** The binding's functions and constants that a trace needs; the package's typings keep them to themselves. */
export interface Binding {
  TF_FLOAT: number;
  TF_INT32: number;
  TF_BOOL: number;
  TF_ATTR_STRING: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_ATTR_SHAPE: number;
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): OutputMetadata[];
  tensorDataSync(id: number): ArrayBufferView;
  deleteTensor(id: number): void;
}

/** TensorFlow's number of a type that the package has no name for (tensorflow/c/tf_datatype.h). */
export const TF_BFLOAT16 = 14;

export interface OutputMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

export interface TracingBackend {
  binding: Binding;
  /** Takes the values of a new tensor; they reach TensorFlow when an operation first uses it. */
  move(dataId: object, values: ArrayBufferView, shape: number[], dtype: string, references: number): void;
  getInputTensorIds(tensors: Tensor[]): number[];
}
