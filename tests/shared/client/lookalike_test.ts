import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { BundleResponse } from "../../../shared/api.ts";
import {
  type BundleInfo,
  EndpointError,
  Lookalike,
  UnexpectedAnswerError,
  UnreachableError,
} from "../../../shared/client.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { access, KEYS, SECRET } from "../../functions/access/keys.ts";
import { withServedApp } from "../../functions/serve_app.ts";
import { answer, encoder, manifest, photo, upload } from "../../functions/test_app.ts";

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
