import { assert, assertEquals, assertRejects } from "@std/assert";
import { WaitingLine } from "../../../functions/embed/inference/waiting_line.ts";
import { QueueFullError } from "../../../functions/embed/request_errors.ts";

const NEVER = new AbortController().signal;

/** Work that ends when it is told to, and records in which order it began. */
function work() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    start: (name: string) => () =>
      new Promise<string>((resolve) => {
        begun.push(name);
        ends.set(name, () => resolve(name));
      }),
    async end(name: string) {
      ends.get(name)!();
      await settle();
    },
  };
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("WaitingLine.run() does as much at once as there are slots, and the rest in order", async () => {
  const line = new WaitingLine(2, 10);
  const { begun, start, end } = work();
  const results = ["a", "b", "c", "d"].map((name) => line.run(start(name), NEVER));
  await settle();
  assertEquals([begun, line.running, line.waiting], [["a", "b"], 2, 2]);
  await end("b");
  assertEquals([begun, line.running, line.waiting], [["a", "b", "c"], 2, 1]);
  for (const name of ["a", "c", "d"]) await end(name);
  assertEquals(await Promise.all(results), ["a", "b", "c", "d"]);
  assertEquals([line.running, line.waiting], [0, 0]);
});

Deno.test("WaitingLine.run() refuses at once when the line is full", async () => {
  const line = new WaitingLine(1, 1);
  const { begun, start, end } = work();
  const [first, second] = [line.run(start("a"), NEVER), line.run(start("b"), NEVER)];
  assert(line.full);
  await assertRejects(() => line.run(start("c"), NEVER), QueueFullError);
  await end("a");
  assert(!line.full);
  await end("b");
  assertEquals([await first, await second, begun], ["a", "b", ["a", "b"]]);
});

Deno.test("WaitingLine.run() leaves the line when it is aborted", async () => {
  const line = new WaitingLine(1, 2);
  const { begun, start, end } = work();
  const controller = new AbortController();
  const first = line.run(start("a"), NEVER);
  const second = line.run(start("b"), controller.signal);
  const third = line.run(start("c"), NEVER);
  controller.abort(new RangeError("no more"));
  await assertRejects(() => second, RangeError, "no more");
  assertEquals(line.waiting, 1);
  await end("a");
  await end("c");
  assertEquals([await first, await third, begun], ["a", "c", ["a", "c"]]);
});

Deno.test("WaitingLine.run() lets an aborted caller go, and keeps the slot until the work has ended", async () => {
  const line = new WaitingLine(1, 1);
  const { begun, start, end } = work();
  const controller = new AbortController();
  const first = line.run(start("a"), controller.signal);
  const second = line.run(start("b"), NEVER);
  controller.abort(new RangeError("no more"));
  await assertRejects(() => first, RangeError);
  assertEquals(begun, ["a"]);
  await end("a");
  await end("b");
  assertEquals([await second, begun], ["b", ["a", "b"]]);
});

Deno.test("WaitingLine.run() gives the slot on when the work fails", async () => {
  const line = new WaitingLine(1, 1);
  const failing = line.run(() => {
    throw new TypeError("broken");
  }, NEVER);
  const next = line.run(() => Promise.resolve("fine"), NEVER);
  await assertRejects(() => failing, TypeError);
  assertEquals([await next, line.running], ["fine", 0]);
});
