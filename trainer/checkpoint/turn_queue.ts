import { LayoutError } from "./layouts/error.ts";
import type { LazyTensor } from "./lazy_tensor.ts";

/**
 * The same queue with its keys moved on in a circle, oldest still before newest. A run replaces keys from a place that
 * follows from its steps; the official code from `queue_ptr`, wherever that is.
 *
 * @param queue [dim, K]
 * @param pointer `queue_ptr` [1]: the column of the oldest key; the first where left out
 * @param place the column that it comes to
 * @throws {LayoutError} if `pointer` is not a column of the queue
 */
export function turnQueue(queue: LazyTensor, pointer: LazyTensor | undefined, place: number): LazyTensor {
  const [dim, K] = queue.shape as [number, number];
  const oldest = pointer === undefined ? 0 : columnOf(pointer, K);
  return {
    shape: queue.shape,
    read() {
      const keys = queue.read();
      const turned = new Float32Array(keys.length);
      for (let d = 0; d < dim; d++) {
        for (let k = 0; k < K; k++) turned[d * K + (k - oldest + place + K) % K] = keys[d * K + k]!;
      }
      return turned;
    },
  };
}

function columnOf(pointer: LazyTensor, K: number): number {
  const [column, ...more] = pointer.shape.join() === "1" ? pointer.read() : [];
  if (column !== undefined && more.length === 0 && Number.isInteger(column) && column >= 0 && column < K) {
    return column;
  }
  throw new LayoutError(
    `Cannot import the queue: a queue_ptr [1] from 0 to ${K - 1} is required: received ${
      column ?? `one of [${pointer.shape}]`
    }`,
  );
}
