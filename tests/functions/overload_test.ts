import { assertEquals, assertMatch } from "@std/assert";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Inference } from "../../functions/embed/inference/inference.ts";
import { createLocalInference } from "../../functions/embed/inference/local_inference.ts";
import { withServedApp } from "./serve_app.ts";
import { answer, encoder, manifest, photo, refusal, type TestApp, upload, withApp } from "./test_app.ts";

const local = createLocalInference(manifest, encoder, 25_000_000);

/** Inference that begins no picture before it is released. */
function heldInference(): { inference: Inference; begun: () => number; release: () => void } {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let count = 0;
  const infer = async (bytes: Uint8Array) => {
    count++;
    await released;
    return await local.infer(bytes);
  };
  return { inference: { ...local, infer }, begun: () => count, release };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const post = async ({ request }: TestApp, bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal) =>
  await request("/v1/embeddings", { ...upload(bytes), signal });

Deno.test("POST /v1/embeddings answers 503 with Retry-After when the queue is full, and goes on", async () => {
  const { inference, begun, release } = heldInference();
  await withApp(async (app) => {
    const photos = await Promise.all([0, 1, 2, 3, 4].map(photo));
    const first = post(app, photos[0]!);
    await until(() => begun() === 1);
    const waiting = [post(app, photos[1]!), post(app, photos[2]!)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    const refused = await post(app, photos[3]!);
    assertMatch(refused.headers.get("Retry-After")!, /^\d+$/);
    const { status, code } = await refusal(refused);
    assertEquals([status, code], [503, "queue_full"]);
    const unready = await refusal(await app.request("/readyz"));
    assertEquals([unready.status, unready.code], [503, "not_ready"]);
    assertEquals((await app.request("/healthz")).status, 200);
    release();
    for (const response of [first, ...waiting]) await answer(await response);
    await answer(await post(app, photos[4]!));
    assertEquals(begun(), 4);
  }, { inference, limits: { maxQueue: 2 } });
});

Deno.test("POST /v1/embeddings leaves the queue when its caller hangs up, and when its time is up", async () => {
  const { inference, begun, release } = heldInference();
  await withApp(async (app) => {
    const photos = await Promise.all([0, 1, 2].map(photo));
    const first = post(app, photos[0]!);
    await until(() => begun() === 1);
    const controller = new AbortController();
    const hungUp = post(app, photos[1]!, controller.signal);
    const late = await refusal(await post(app, photos[2]!));
    assertEquals([late.status, late.code], [504, "deadline_exceeded"]);
    controller.abort();
    await hungUp;
    release();
    await first;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(begun(), 1);
  }, { inference, limits: { maxSeconds: 0.2 } });
});

Deno.test("POST /v1/embeddings over HTTP/2 leaves the queue when its caller resets the request, or hangs up", async () => {
  const { inference, begun, release } = heldInference();
  await withServedApp(async ({ url, requests }) => {
    const first = fetch(`${url}/v1/embeddings`, upload(await photo(0)));
    await until(() => begun() === 1);
    const hangUps = [
      (_: ClientHttp2Session, stream: ClientHttp2Stream) => stream.close(constants.NGHTTP2_CANCEL),
      (session: ClientHttp2Session) => session.destroy(),
    ];
    for (const [index, hangUp] of hangUps.entries()) {
      const session = connect(url).on("error", () => {});
      const stream = session.request({ ":method": "POST", ":path": "/v1/embeddings" }).on("error", () => {});
      // More than what Deno reads along with the head of a request.
      stream.end(new Uint8Array([...await photo(1 + index), ...new Uint8Array(100_000)]));
      await until(() => requests.length === 2 + index);
      await new Promise((resolve) => setTimeout(resolve, 300));
      hangUp(session, stream);
      await new Promise((resolve) => setTimeout(resolve, 300));
      session.destroy();
    }
    release();
    await answer(await first);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(begun(), 1);
  }, { inference });
});

Deno.test("POST /v1/embeddings of a picture that another caller gave up is answered all the same", async () => {
  const { inference, begun, release } = heldInference();
  await withApp(async (app) => {
    const bytes = await photo(0);
    const controller = new AbortController();
    const hungUp = post(app, bytes, controller.signal);
    const staying = post(app, bytes);
    await until(() => begun() === 1);
    controller.abort();
    assertEquals((await hungUp).status, 499);
    release();
    await answer(await staying);
    assertEquals(begun(), 1);
  }, { inference });
});

Deno.test("POST /v1/embeddings refuses, unread, what would exceed the bytes of all uploads under way", async () => {
  await withApp(async (app) => {
    let send: ReadableStreamDefaultController<Uint8Array>;
    const slow = new ReadableStream<Uint8Array>({ start: (controller) => void (send = controller) });
    const first = app.request("/v1/embeddings", { ...upload(slow), headers: { "Content-Length": "90000" } });
    let read = 0;
    const counted = new ReadableStream<Uint8Array>({ pull: () => void read++ }, { highWaterMark: 0 });
    const second = await app.request("/v1/embeddings", {
      ...upload(counted),
      headers: { "Content-Length": "20000" },
    });
    assertEquals(second.headers.get("Retry-After"), "1");
    const { status, code } = await refusal(second);
    assertEquals([status, code, read], [503, "too_many_uploads", 0]);
    send!.enqueue(await photo(0));
    send!.close();
    await answer(await first);
    await answer(await app.request("/v1/embeddings", upload(await photo(1))));
  }, { limits: { maxUploadBytes: 100_000, maxBytes: 100_000 } });
});

Deno.test("GET /readyz embeds a picture each time, and answers 503 when that fails or gives another vector", async () => {
  let calls = 0;
  let outcome: "right" | "wrong" | "none" = "right";
  const changing = {
    ...encoder,
    async embed(...args: Parameters<typeof encoder.embed>) {
      calls++;
      if (outcome === "none") throw new Error("the session is gone");
      const vector = await encoder.embed(...args);
      return outcome === "right" ? vector : vector.toReversed();
    },
  };
  await withApp(async ({ request }) => {
    for (const expected of [200, 200]) assertEquals((await request("/readyz")).status, expected);
    for (outcome of ["none", "wrong"] as const) {
      const response = await request("/readyz");
      assertEquals(response.headers.get("Retry-After"), "1");
      assertEquals((await refusal(response)).code, "not_ready");
    }
    outcome = "right";
    assertEquals((await request("/readyz")).status, 200);
    assertEquals(calls, 5);
  }, { encoder: changing });
});
