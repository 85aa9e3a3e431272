import protobuf from "protobufjs";
import type { TensorFlow } from "../tensorflow/load.ts";

type Tensor = TensorFlow.Tensor;
type SummaryFileWriter = ReturnType<(typeof TensorFlow)["node"]["summaryFileWriter"]>;

/** Parts of the package's writer and backend that its typings keep to themselves. */
interface Writer {
  resourceHandle: Tensor;
}
interface Backend {
  executeMultipleOutputs(name: string, attributes: [], inputs: Tensor[], outputs: number): Tensor[];
}

/**
 * Tells TensorBoard that a run goes on from before `step`: what it has of that step and later ones, which a run that was
 * stopped hard made after its last checkpoint, counts no more.
 *
 * Source: `session_log` in tensorflow/core/util/event.proto; tensorboard's event_accumulator.py purges by it.
 */
export function startSession(tf: typeof TensorFlow, writer: SummaryFileWriter, step: number): void {
  const START = 1;
  const event = protobuf.Writer.create();
  event.uint32(tag(1, FIXED64)).double(Date.now() / 1000); // wall_time
  event.uint32(tag(2, VARINT)).int64(step);
  event.uint32(tag(7, LENGTH)).fork().uint32(tag(1, VARINT)).int32(START).ldelim(); // session_log { status }
  const backend = tf.engine().backend as unknown as Backend;
  tf.tidy(() => {
    const bytes = tf.tensor(event.finish() as never, [], "string");
    backend.executeMultipleOutputs(
      "ImportEvent",
      [],
      [(writer as unknown as Writer).resourceHandle, bytes],
      0,
    );
  });
  writer.flush();
}

const VARINT = 0, FIXED64 = 1, LENGTH = 2;

function tag(field: number, type: number): number {
  return field << 3 | type;
}
