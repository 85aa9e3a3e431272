import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { EndpointError, Lookalike } from "../../../shared/client.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { withServedApp } from "../../functions/serve_app.ts";
import { photo } from "../../functions/test_app.ts";
import { busy } from "./busy.ts";

Deno.test("embed() runs no more requests at a time than it may", async () => {
  let running = 0, most = 0;
  const between = async () => {
    most = Math.max(most, ++running);
    await delay(20);
    running--;
    return undefined;
  };
  await withServedApp(async ({ url }) => {
    const photos = await Promise.all([0, 1, 2, 3, 4, 5].map(photo));
    const lookalike = new Lookalike({ url, concurrency: 2 });
    const embeddings = await Promise.all(photos.map((bytes) => lookalike.embed(bytes)));
    assertEquals(new Set(embeddings.map(({ image }) => image.sha256)).size, 6);
    assertEquals(most, 2);
  }, { between });
});

Deno.test("embed() uploads pictures together, as many as the endpoint takes, each with its own end", async () => {
  const bytes = await Promise.all([0, 1, 2, 3, 4, 5].map(photo));
  const bodyOfThree = Math.max(...bytes.map(({ length }) => length)) * 3 + 3000;
  const limits = { maxBatch: 3, maxBytes: bodyOfThree };
  await withServedApp(async ({ url, requests }) => {
    const lookalike = new Lookalike({ url, concurrency: 1 });
    const alone = await lookalike.embed(bytes[0]!);
    requests.length = 0;
    const broken = assertRejects(() => lookalike.embed(new Blob(["a text"])), EndpointError, "Cannot ");
    const embeddings = await Promise.all(bytes.map((bytes) => lookalike.embed(bytes)));
    const { code, status } = await broken;
    assertEquals([code, status], ["not_an_image", 200]);
    assertEquals(embeddings[0]!.vector, alone.vector);
    assertEquals(embeddings.map(({ uploaded }) => uploaded), [false, true, true, true, true, true]);
    assertEquals(
      embeddings.map(({ image }) => image.sha256),
      await Promise.all(bytes.map((bytes) => sha256Hex(bytes))),
    );
    assertEquals(requests.filter((request) => request.startsWith("POST")).length, 2);

    const large = new Blob([new Uint8Array(bodyOfThree - 100)]);
    requests.length = 0;
    const results = await Promise.allSettled(
      [large, await photo(7)].map((picture) => lookalike.embed(picture)),
    );
    assertEquals(results.map(({ status }) => status), ["rejected", "fulfilled"]);
    assertEquals(requests.filter((request) => request.startsWith("POST")).length, 2);
  }, { limits });
});

Deno.test("embed() rejects at once when it is cancelled, on the way or in the queue, and serves the others", async () => {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<AbortSignal>();
  const between = async (request: Request) => {
    if (request.method !== "POST" || request.headers.get("Content-Type") !== "image/slow") return;
    await request.arrayBuffer();
    arrive(request.signal);
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return busy({});
  };
  await withServedApp(async ({ url, requests }) => {
    const lookalike = new Lookalike({ url, concurrency: 1, batch: 1 });
    const controller = new AbortController();
    const slow = new Blob(["small, so that the server notices"], { type: "image/slow" });
    const sent = assertRejects(() => lookalike.embed(slow, controller), Error, "enough");
    const queued = assertRejects(
      async () => await lookalike.embed(await photo(1), controller),
      Error,
      "enough",
    );
    const other = lookalike.embed(await photo(2));
    const hungUp = arrived.then((signal) =>
      new Promise((resolve) => signal.addEventListener("abort", resolve))
    );
    await arrived;
    controller.abort(new Error("enough"));
    await Promise.all([sent, queued, hungUp]);
    assertEquals((await other).uploaded, true);
    assertEquals(requests.filter((request) => request.startsWith("POST")).length, 2);
    await assertRejects(() => lookalike.embed(slow, { signal: AbortSignal.abort() }), DOMException);
  }, { between });
});
