import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { delay } from "@std/async/delay";
import type { BundleResponse } from "../../shared/api.ts";
import {
  type BundleInfo,
  type Embedding,
  EndpointError,
  groupCopies,
  Lookalike,
  similarity,
  UnexpectedAnswerError,
  UnreachableError,
} from "../../shared/client.ts";
import { sha256Hex } from "../../shared/digest.ts";
import { access, KEYS, SECRET } from "../functions/access/keys.ts";
import { withServedApp } from "../functions/serve_app.ts";
import { answer, encoder, manifest, photo, upload } from "../functions/test_app.ts";

/** An answer of an endpoint that has no room. */
function busy(headers: HeadersInit, status = 503): Response {
  const error = { message: "Cannot embed: too busy", type: "server_error", code: "queue_full", param: null };
  return Response.json({ error }, { status, headers });
}

Deno.test("embed() uploads a picture once, and finds it in the cache afterwards", async () => {
  await withServedApp(async ({ url, requests }) => {
    const bytes = await photo(0);
    const cached = `/v1/embeddings/${manifest.id}/${await sha256Hex(bytes)}.json`;
    const lookalike = new Lookalike({ url });
    const first = await lookalike.embed(new File([bytes], "photo.jpg"));
    assertEquals(requests.splice(0), ["GET /v1/bundle", `GET ${cached}`, "POST /v1/embeddings"]);
    const second = await lookalike.embed(bytes);
    assertEquals(requests.splice(0), [`GET ${cached}`]);
    assertEquals([first.uploaded, second.uploaded], [true, false]);

    const { data: [datum], model } = await answer(await fetch(`${url}/v1/embeddings`, upload(bytes)));
    for (const { vector, bundle, image } of [first, second]) {
      assertEquals({ vector, bundle, image }, {
        vector: Float32Array.from(datum!.embedding as number[]),
        bundle: model,
        image: datum!.image,
      });
    }
  });
});

Deno.test("bundle() tells what a client must know of the encoder", async () => {
  await withServedApp(async ({ url, requests }) => {
    const lookalike = new Lookalike({ url });
    const bundle = await lookalike.bundle();
    await lookalike.bundle();
    assertEquals(requests, ["GET /v1/bundle"]);
    // Type and value: the client's own type is what the endpoint's schema says.
    const expected: BundleResponse & BundleInfo = {
      id: manifest.id,
      dimensions: encoder.dimensions,
      dimensionsOrdered: manifest.embedding.whitening !== undefined,
      copyThreshold: manifest.similarity.copyThreshold,
      differentPairsAbove: manifest.similarity.differentPairsAbove,
      thresholds: manifest.similarity.copies?.thresholds ?? [],
      maxBytes: 1_000_000,
      maxBatch: 8,
      publicLookup: true,
    };
    assertEquals(bundle, expected);
  });
});

Deno.test("embed() looks under the new bundle once the endpoint has another", async () => {
  let told = "0".repeat(64);
  const between = ({ url }: Request) => {
    if (!url.endsWith("/v1/bundle")) return;
    const id = told;
    told = manifest.id;
    return Response.json({ id });
  };
  await withServedApp(async ({ url, requests }) => {
    const bytes = await photo(0);
    await answer(await fetch(`${url}/v1/embeddings`, upload(bytes)));
    const { uploaded, bundle } = await new Lookalike({ url }).embed(bytes);
    assertEquals([uploaded, bundle], [false, manifest.id]);
    assertEquals(requests.filter((request) => request === "GET /v1/bundle").length, 2);
  }, { between });
});

Deno.test("embed() rejects with the endpoint's code, status and request id", async () => {
  await withServedApp(async ({ url }) => {
    const lookalike = new Lookalike({ url });
    for (
      const [picture, status, code] of [
        [new Blob(["a text"]), 400, "not_an_image"],
        [new Blob([]), 400, "empty_body"],
        [(await photo(0)).slice(0, 3000), 400, "damaged_image"],
        [new Uint8Array(1_000_001), 413, "body_too_large"],
      ] as const
    ) {
      const error = await assertRejects(() => lookalike.embed(picture), EndpointError, "Cannot ");
      assertEquals([error.status, error.code, error.param], [status, code, null]);
      assertMatch(error.requestId!, /^[0-9a-f-]{36}$/);
    }
    assertEquals((await lookalike.embed(await photo(0))).image.format, "jpeg");
  });
});

Deno.test("embed() comes back after Retry-After, and not before", async () => {
  const refused: number[] = [];
  const between = ({ method }: Request) => {
    if (method !== "POST" || refused.length === 2) return;
    refused.push(performance.now());
    return busy({ "Retry-After": refused.length === 1 ? "1" : new Date(Date.now() + 1000).toUTCString() });
  };
  await withServedApp(async ({ url, requests }) => {
    await new Lookalike({ url }).embed(await photo(0));
    assertEquals(requests.filter((request) => request.startsWith("POST")).length, 3);
    assert(refused[1]! - refused[0]! >= 1000);
  }, { between });
});

Deno.test("embed() sends nothing while the endpoint asked for patience", async () => {
  let refusedAt: number | undefined;
  const arrivals: number[] = [];
  const between = ({ method }: Request) => {
    if (method !== "POST") return;
    arrivals.push(performance.now());
    if (refusedAt !== undefined) return;
    refusedAt = performance.now();
    return busy({ "Retry-After": "1" }, 429);
  };
  await withServedApp(async ({ url }) => {
    const lookalike = new Lookalike({ url, concurrency: 1, batch: 1 });
    await Promise.all([0, 1, 2].map(async (number) => await lookalike.embed(await photo(number))));
    assertEquals(arrivals.length, 4);
    assert(arrivals.slice(1).every((time) => time - refusedAt! >= 1000));
  }, { between });
});

Deno.test("embed() gives up after its attempts, or at once if the wait is too long", async () => {
  let retryAfter: string | undefined;
  const between = () => busy(retryAfter === undefined ? {} : { "Retry-After": retryAfter });
  await withServedApp(async ({ url, requests }) => {
    const lookalike = new Lookalike({ url, attempts: 2, maxWait: 10 });
    const first = await assertRejects(() => lookalike.bundle(), EndpointError);
    assertEquals([first.code, first.status, first.retryAfter, requests.length], ["queue_full", 503, null, 2]);
    retryAfter = "11";
    const second = await assertRejects(() => lookalike.bundle(), EndpointError);
    assertEquals([second.retryAfter, requests.length], [11, 3]);
  }, { between });
});

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

Deno.test("bundle() says that the endpoint cannot be reached, or is another server, and is asked again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const nobody = new Lookalike({ url: `http://127.0.0.1:${port}` });
  await assertRejects(() => nobody.bundle(), UnreachableError, `Cannot ask http://127.0.0.1:${port}`);

  const others = [new Response("<h1>Welcome</h1>"), Response.json({ detail: "no" }, { status: 404 })];
  await withServedApp(async ({ url }) => {
    const lookalike = new Lookalike({ url });
    await assertRejects(() => lookalike.bundle(), UnexpectedAnswerError, "received 200 and <h1>Welcome");
    await assertRejects(() => lookalike.bundle(), UnexpectedAnswerError, "received 404");
    assertEquals((await lookalike.bundle()).id, manifest.id);
  }, { between: () => others.shift() });
});

Deno.test("embed() sends its key, but not where everybody may look up, so that a CDN may answer", async () => {
  for (const [PUBLIC_LOOKUP, lookupKey] of [["true", null], ["false", `Bearer ${SECRET}`]] as const) {
    const keys: Record<string, string | null> = {};
    const between = ({ method, url, headers }: Request) => {
      if (!url.endsWith("/v1/bundle")) keys[method] = headers.get("Authorization");
      return undefined;
    };
    await withServedApp(async ({ url }) => {
      const { uploaded } = await new Lookalike({ url, key: SECRET }).embed(await photo(0));
      assertEquals(uploaded, true);
      assertEquals(keys, { GET: lookupKey, POST: `Bearer ${SECRET}` });
      for (const key of [undefined, `${SECRET}x`]) {
        const stranger = new Lookalike({ url, key });
        const { status } = await assertRejects(async () => stranger.embed(await photo(1)), EndpointError);
        assertEquals(status, 401);
      }
    }, { between, access: access({ ...KEYS, PUBLIC_LOOKUP }) });
  }
});

Deno.test("embed() reads the times that the endpoint tells", async () => {
  const between = async ({ method }: Request) => {
    if (method !== "POST") return;
    const body = { data: [{ embedding: [1, 0], image: {} }], model: "a" };
    const header = 'decode;dur=3.25, queue;desc="a wait";dur=0, cache';
    return await Promise.resolve(Response.json(body, { headers: { "Server-Timing": header } }));
  };
  await withServedApp(async ({ url }) => {
    const { serverTiming } = await new Lookalike({ url }).embed(await photo(0));
    assertEquals(serverTiming, { decode: 3.25, queue: 0 });
  }, { between });
});

/** A vector at this angle from the first axis. */
function at(degrees: number, bundle = "a"): Embedding {
  const radians = degrees * Math.PI / 180;
  const image = { width: 1, height: 1, format: "png", sha256: String(degrees) };
  const vector = Float32Array.of(Math.cos(radians), Math.sin(radians));
  return { vector, bundle, image, uploaded: true, milliseconds: 0, serverTiming: {} };
}

Deno.test("similarity() is the cosine, and refuses vectors of two bundles", () => {
  assertAlmostEquals(similarity(at(10), at(70)), 0.5, 1e-7);
  assertThrows(() => similarity(at(10), at(10, "b")), TypeError, "received a and b");
});

Deno.test("groupCopies() joins what a chain of copies joins, in the order of the pictures", () => {
  const embeddings = [0, 90, 20, 200, 10, 30].map((degrees) => at(degrees));
  const threshold = Math.cos(15 * Math.PI / 180);
  assertEquals(groupCopies(embeddings, threshold), [[0, 2, 4, 5], [1], [3]]);
  assertEquals(groupCopies(embeddings, 1), [[0], [1], [2], [3], [4], [5]]);
  assertEquals(groupCopies([], threshold), []);
});
