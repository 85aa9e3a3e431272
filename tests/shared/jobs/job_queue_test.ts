import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { jobSpecSchema } from "../../../shared/jobs/job.ts";
import {
  type Claim,
  type JobQueue,
  LONGEST_PAUSE_SECONDS,
  LOST,
  MOST_ATTEMPTS,
  QUEUE_TIMES,
} from "../../../shared/jobs/job_queue.ts";
import { testQueues } from "./test_queues.ts";

const { leaseSeconds, pauseSeconds } = QUEUE_TIMES;

const TRAIN = jobSpecSchema.parse({ kind: "train", until: "publish", data: ["/photos"] });
const REEMBED = jobSpecSchema.parse({ kind: "reembed" });
const PARTS = [1, 2].map((part) => jobSpecSchema.parse({ kind: "reembed", shard: { part, of: 2 } }));

async function requireClaim(queue: JobQueue, worker = "w"): Promise<Claim> {
  const claim = await queue.claim(worker);
  if (!claim) throw new Error("There is nothing to claim");
  return claim;
}

testQueues(
  "a job goes from waiting to done with its result, and is nobody else's meanwhile",
  async ({ queue }) => {
    const { id, state, attempts } = await queue.file(TRAIN);
    assertEquals([state, attempts], ["waiting", 0]);

    const claim = await requireClaim(queue, "first");
    assertEquals([claim.job.id, claim.job.spec, claim.attempt], [id, TRAIN, 1]);
    assertEquals(await queue.claim("second"), undefined);
    const running = await queue.get(id);
    assertEquals([running?.state, running?.worker, running?.attempts], ["running", "first", 1]);

    assert(await queue.heartbeat(claim, { share: 0.5, note: "half" }));
    assert(await queue.heartbeat(claim));
    assertEquals((await queue.get(id))?.progress, { share: 0.5, note: "half" });

    assert(await queue.complete(claim, { run: "r" }));
    const done = await queue.get(id);
    assertEquals([done?.state, done?.result, done?.error], ["done", { run: "r" }, null]);
    assert(done!.ended! >= done!.started! && done!.started! >= done!.filed);
    assertEquals(await queue.claim("second"), undefined);
  },
);

testQueues("what follows is filed with the end of the job before, once", async ({ queue }) => {
  await queue.file(TRAIN);
  const claim = await requireClaim(queue);
  assert(await queue.complete(claim, {}, PARTS));
  assert(!await queue.complete(claim, {}, PARTS));
  const next = await queue.list({ state: "waiting", limit: 10 });
  // Filed at one time: none of them is the newest.
  assertEquals(
    new Set(next.map(({ spec }) => JSON.stringify(spec))),
    new Set(PARTS.map((part) => JSON.stringify(part))),
  );
});

testQueues("jobs are taken in the order in which they were filed", async ({ queue, pass }) => {
  const filed: string[] = [];
  for (let i = 0; i < 3; i++) {
    filed.push((await queue.file(REEMBED)).id);
    await pass(1);
  }
  const taken = [await queue.claim("a"), await queue.claim("b"), await queue.claim("c")];
  assertEquals(taken.map((claim) => claim?.job.id), filed);
});

testQueues("a key files a job once, whatever became of it", async ({ queue }) => {
  const first = await queue.file(TRAIN, "nightly 1");
  assertEquals((await queue.file(TRAIN, "nightly 1")).id, first.id);
  assertNotEquals((await queue.file(TRAIN, "nightly 2")).id, first.id);
  await queue.cancel(first.id);
  const again = await queue.file(TRAIN, "nightly 1");
  assertEquals([again.id, again.state], [first.id, "cancelled"]);
  assertEquals((await queue.list({ limit: 10 })).length, 2);
});

testQueues("a worker that is not heard from loses its job to the next", async ({ queue, pass }) => {
  const { id } = await queue.file(TRAIN);
  const lost = await requireClaim(queue, "lost");
  await pass(leaseSeconds - 5);
  assert(await queue.heartbeat(lost, { share: 0.25, note: "quarter" }));
  await pass(leaseSeconds - 5);
  assertEquals(await queue.claim("next"), undefined, "it was heard from");

  await pass(10);
  assertEquals(await queue.claim("next"), undefined, "a pause first, as after any attempt that failed");
  await pass(2 * pauseSeconds);
  const claim = await requireClaim(queue, "next");
  assertEquals([claim.job.id, claim.attempt, claim.job.error], [id, 2, LOST]);
  assertEquals(claim.job.progress?.note, "quarter");

  assert(!await queue.heartbeat(lost));
  assert(!await queue.complete(lost, {}, [REEMBED]));
  assert(!await queue.fail(lost, "late", true));
  assert(await queue.complete(claim, {}));
  assertEquals((await queue.list({ limit: 10 })).map(({ state }) => state), ["done"]);
});

testQueues(
  "an attempt that fails is made again after longer and longer pauses, then it is a dead letter",
  async ({ queue, pass }) => {
    const { id } = await queue.file(TRAIN);
    for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) {
      const claim = await requireClaim(queue);
      assertEquals(claim.attempt, attempt);
      assert(await queue.fail(claim, `reason ${attempt}`, true));
      const failed = await queue.get(id);
      assertEquals([failed?.state, failed?.error], ["waiting", `reason ${attempt}`]);
      const pause = (failed!.due - failed!.started!) / 1000;
      const whole = pauseSeconds * 2 ** (attempt - 1);
      assert(pause >= whole / 2 - 2 && pause <= whole * 2 + 2, `${pause} s after attempt ${attempt}`);
      assertEquals(await queue.claim("early"), undefined);
      await pass(2 * whole);
    }
    assert(await queue.fail(await requireClaim(queue), "the last", true));
    await pass(LONGEST_PAUSE_SECONDS * 2);
    assertEquals(await queue.claim("w"), undefined);
    const [dead] = await queue.list({ state: "failed", limit: 10 });
    assertEquals([dead?.id, dead?.error, dead?.attempts], [id, "the last", MOST_ATTEMPTS]);

    const back = await queue.retry(id);
    assertEquals(back?.state, "waiting");
    assert(await queue.complete(await requireClaim(queue), {}));
  },
);

testQueues("workers that are lost again and again end a job too", async ({ queue, pass }) => {
  const { id } = await queue.file(TRAIN);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    await requireClaim(queue);
    await pass(leaseSeconds + 1);
    assertEquals(await queue.claim("w"), undefined);
    await pass(LONGEST_PAUSE_SECONDS);
  }
  const job = await queue.get(id);
  assertEquals([job?.state, job?.error], ["failed", LOST]);
});

testQueues("what no other attempt could change is not tried again", async ({ queue, pass }) => {
  const { id } = await queue.file(TRAIN);
  assert(await queue.fail(await requireClaim(queue), "refused", false));
  await pass(LONGEST_PAUSE_SECONDS * 2);
  assertEquals(await queue.claim("w"), undefined);
  const job = await queue.get(id);
  assertEquals([job?.state, job?.error, job?.attempts], ["failed", "refused", 1]);
});

testQueues("a job can be cancelled before it runs and while it does, and not after", async ({ queue }) => {
  const waiting = await queue.file(TRAIN);
  assertEquals((await queue.cancel(waiting.id))?.state, "cancelled");
  assertEquals(await queue.claim("w"), undefined);

  await queue.file(TRAIN);
  const claim = await requireClaim(queue);
  assertEquals((await queue.cancel(claim.job.id))?.state, "cancelled");
  assert(!await queue.heartbeat(claim));
  assert(!await queue.complete(claim, {}, PARTS));
  await queue.remove(claim.job.id);
  assertEquals(await queue.get(claim.job.id), undefined);

  await queue.file(TRAIN);
  const done = await requireClaim(queue);
  assert(await queue.complete(done, {}));
  assertEquals((await queue.cancel(done.job.id))?.state, "done");
  assertEquals(await queue.cancel(crypto.randomUUID()), undefined);
});

testQueues("the list has pages, the newest first", async ({ queue, pass }) => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    ids.unshift((await queue.file(i % 2 === 0 ? TRAIN : REEMBED)).id);
    await pass(1);
  }
  const first = await queue.list({ limit: 2 });
  const second = await queue.list({ limit: 9, before: first[1]!.id });
  assertEquals([...first, ...second].map(({ id }) => id), ids);
  assertEquals(await queue.list({ limit: 9, state: "running" }), []);
});

testQueues("every job is claimed once by workers that ask at the same time", async ({ queue }) => {
  const filed = new Set<string>();
  for (let i = 0; i < 40; i++) filed.add((await queue.file(REEMBED)).id);
  const claimed: string[] = [];
  await Promise.all(Array.from({ length: 8 }, async (_, worker) => {
    for (let claim = await queue.claim(`w${worker}`); claim; claim = await queue.claim(`w${worker}`)) {
      claimed.push(claim.job.id);
      assert(await queue.complete(claim, {}));
    }
  }));
  assertEquals(claimed.length, 40);
  assertEquals(new Set(claimed), filed);
});

Deno.test("jobSpecSchema takes no option that names a file, and no job that goes backwards", () => {
  const isJob = (spec: unknown) => jobSpecSchema.safeParse(spec).success;
  const train = (more: Record<string, unknown>) => ({
    kind: "train",
    data: ["/p"],
    ...more,
  });
  assert(isJob(train({ options: { width: 16, symmetric: true, "learning-rate": 0.03, views: "v2" } })));
  assert(!isJob(train({ options: { out: "elsewhere" } })));
  assert(!isJob(train({ options: { views: "/tmp/views.ts" } })));
  assert(!isJob(train({ options: { views: "https:evil" } })));
  assert(!isJob(train({ data: [] })));
  assert(!isJob({ kind: "publish", bundle: crypto.randomUUID(), until: "train" }));
  assert(isJob({ kind: "publish", bundle: crypto.randomUUID(), until: "reembed" }));
  assert(!isJob({ kind: "publish", bundle: "../../other" }));
  assert(isJob({ kind: "reembed", shard: { part: 4, of: 4 } }));
  assert(!isJob({ kind: "reembed", shard: { part: 5, of: 4 } }));
  assert(!isJob({ kind: "reembed", shard: { part: 1, of: 257 } }));
});
