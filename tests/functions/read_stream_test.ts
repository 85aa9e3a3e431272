import { assertEquals, assertRejects } from "@std/assert";
import { readStream } from "../../functions/embed/read_stream.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const numbered = (length: number): Bytes => Uint8Array.from({ length }, (_, index) => index % 251);

/** A stream of these bytes in parts of the given length, and how it ended for whoever filled it. */
function inParts(bytes: Bytes, part: number, type?: "bytes") {
  let at = 0;
  const outcome = { cancelled: false, read: () => at };
  const stream = new ReadableStream<Bytes>({
    type: type as undefined,
    pull(controller) {
      if (at === bytes.length) {
        controller.close();
        (controller as unknown as ReadableByteStreamController).byobRequest?.respond(0);
        return;
      }
      controller.enqueue(bytes.slice(at, at + part));
      at = Math.min(at + part, bytes.length);
    },
    cancel: () => void (outcome.cancelled = true),
  }, { highWaterMark: 0 });
  return { stream, outcome };
}

for (const type of ["bytes", undefined] as const) {
  const kind = type === "bytes" ? "a stream of bytes" : "a stream of chunks";

  Deno.test(`readStream() reads ${kind} whole, whatever length is expected`, async () => {
    for (const length of [0, 1, 999, 1000]) {
      for (const expected of [0, 1, 10, length, 5000]) {
        for (const part of [1, 7, 2000]) {
          const bytes = numbered(length);
          assertEquals(await readStream(inParts(bytes, part, type).stream, expected, 1000), bytes);
        }
      }
    }
  });

  Deno.test(`readStream() stops reading ${kind} when it has more bytes than it may`, async () => {
    const { stream, outcome } = inParts(numbered(100_000), 100, type);
    assertEquals(await readStream(stream, 10, 1000), undefined);
    assertEquals(outcome.cancelled, true);
    assertEquals(outcome.read() <= 1200, true);
  });

  Deno.test(`readStream() fails as ${kind} does`, async () => {
    const error = new Error("cut off");
    const stream = new ReadableStream<Bytes>({
      type: type as undefined,
      start: (controller) => controller.enqueue(numbered(10)),
      pull: () => Promise.reject(error),
    }, { highWaterMark: 0 });
    assertEquals(await assertRejects(() => readStream(stream, 20, 1000)), error);
  });
}
