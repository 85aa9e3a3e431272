import { assert, assertEquals, assertRejects } from "@std/assert";
import { singleFlight } from "../../../functions/embed/inference/single_flight.ts";

const NEVER = new AbortController().signal;

/** Work that counts how often it was begun, and is held until it is released. */
function heldWork() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  const work = async (signal: AbortSignal): Promise<number> => {
    signals.push(signal);
    const count = signals.length;
    await released;
    signal.throwIfAborted();
    return count;
  };
  return { work, signals, release };
}

Deno.test("singleFlight() gives whoever asks at the same time the same result", async () => {
  const once = singleFlight<number>();
  const { work, signals, release } = heldWork();
  const results = [once("a", work, NEVER), once("a", work, NEVER)];
  release();
  assertEquals([await Promise.all(results), signals.length], [[1, 1], 1]);
  assertEquals(await once("a", work, NEVER), 2);
});

Deno.test("singleFlight() lets one caller go, and none of the others", async () => {
  const once = singleFlight<number>();
  const { work, signals, release } = heldWork();
  const controller = new AbortController();
  const leaving = once("a", work, controller.signal);
  const staying = once("a", work, NEVER);
  controller.abort(new RangeError("hung up"));
  await assertRejects(() => leaving, RangeError, "hung up");
  assert(!signals[0]!.aborted);
  release();
  assertEquals(await staying, 1);
});

Deno.test("singleFlight() aborts what nobody waits for, and begins anew for who comes then", async () => {
  const once = singleFlight<number>();
  const { work, signals, release } = heldWork();
  const controllers = [new AbortController(), new AbortController()];
  const leaving = controllers.map(({ signal }) => once("a", work, signal));
  controllers.forEach((controller) => controller.abort(new RangeError("hung up")));
  for (const each of leaving) await assertRejects(() => each, RangeError);
  assert(signals[0]!.aborted);
  const late = once("a", work, NEVER);
  release();
  assertEquals(await late, 2);
});

Deno.test("singleFlight() does not remember a failure", async () => {
  const once = singleFlight<number>();
  await assertRejects(() => once("a", () => Promise.reject(new TypeError("broken")), NEVER), TypeError);
  assertEquals(await once("a", () => Promise.resolve(1), NEVER), 1);
});
