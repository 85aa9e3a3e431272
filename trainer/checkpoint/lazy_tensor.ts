/** A tensor that still lies in its file. */
export interface LazyTensor {
  shape: number[];
  /** Reads it as float32, row-major. */
  read(): Float32Array;
}

/** Tensors in their file, by name. */
export type LazyTensorMap = Map<string, LazyTensor>;
