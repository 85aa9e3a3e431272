import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import protobuf from "protobufjs";
import { startSession } from "../../../trainer/following/tensorboard_session.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { withFolder } from "../commands/command_line.ts";

const { tf } = await loadTensorFlow();

/** The events of a file, as records of TFRecord: 8 bytes length, 4 of its checksum, the event, 4 of its checksum. */
function eventsOf(bytes: Uint8Array): Uint8Array[] {
  const events: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    events.push(bytes.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return events;
}

// As tensorflow/core/util/event.proto has them, written as text so that they are no copy of the code's own numbers.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message SessionLog { enum Status { UNSPECIFIED = 0; START = 1; STOP = 2; } Status status = 1; }
  message Event { double wall_time = 1; int64 step = 2; SessionLog session_log = 7; }
`);

Deno.test("startSession() writes the event by which TensorBoard drops a step and later ones", async () => {
  await withFolder(async (folder) => {
    startSession(tf, tf.node.summaryFileWriter(folder), 21);
    const [file] = [...Deno.readDirSync(folder)];
    const events = eventsOf(await Deno.readFile(join(folder, file!.name)))
      .map((bytes) => root.lookupType("Event").decode(bytes).toJSON())
      .filter(({ sessionLog }) => sessionLog !== undefined);
    assertEquals(events.map(({ step, sessionLog }) => ({ step, sessionLog })), [
      { step: "21", sessionLog: { status: "START" } },
    ]);
    assertEquals(Math.abs(events[0]!.wallTime - Date.now() / 1000) < 600, true);
  });
});
