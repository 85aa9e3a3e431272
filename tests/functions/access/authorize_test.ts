import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { sha256Hex } from "../../../shared/digest.ts";
import { answer, dataUri, json, photo, refusal, type TestApp, upload, withApp } from "../test_app.ts";
import { access, BLOG, KEYS, METRICS, OTHER_PAGE, PAGE, SECRET, sentWith, SHOP } from "./keys.ts";

const ELSEWHERE = "203.0.113.7";

/** Uploads a photo, and answers the status, and the code if there is one. */
async function embed(
  { request }: TestApp,
  headers: Record<string, string> = {},
  from = ELSEWHERE,
): Promise<(number | string)[]> {
  const init = upload(await photo(0));
  const response = await request(
    "/v1/embeddings",
    { ...init, headers: { ...init.headers, ...headers } },
    from,
  );
  if (response.status !== 200) {
    const { status, code } = await refusal(response);
    return [status, code];
  }
  await answer(response);
  return [200];
}

Deno.test("authorize() lets a secret key pass, and no other text", async () => {
  await withApp(async (app) => {
    assertEquals(await embed(app, sentWith(SECRET)), [200]);
    assertEquals(await embed(app, { Authorization: `bearer  ${SECRET}` }), [200]);
    assertEquals(await embed(app), [401, "missing_api_key"]);
    for (
      const Authorization of [
        ...["", "x", "é", "7".repeat(5000), ` ${SECRET}x`, KEYS.API_KEYS.match(/sha256:\w+/)![0]]
          .map((text) => `Bearer ${text}`),
        `Basic ${SECRET}`,
        SECRET,
      ]
    ) {
      assertEquals(await embed(app, { Authorization }), [401, "invalid_api_key"], Authorization);
    }
  }, { access: access(KEYS) });
});

Deno.test("authorize() says which kind of key is required", async () => {
  await withApp(async ({ request }) => {
    const challenge = async (headers: HeadersInit) => {
      const response = await request("/v1/embeddings", { method: "POST", headers, body: "x" });
      const { message } = await refusal(response);
      assertMatch(message, /^Cannot answer: /);
      assertEquals(message.includes("_a-"), false, "a key is repeated");
      return [response.headers.get("WWW-Authenticate"), response.headers.get("Cache-Control")];
    };
    assertEquals(await challenge({}), ["Bearer", "no-store"]);
    assertEquals(await challenge(sentWith("sk_a-wrong-key")), ['Bearer error="invalid_token"', "no-store"]);
    assertEquals(await challenge(sentWith(METRICS)), [
      'Bearer error="insufficient_scope", scope="embed"',
      "no-store",
    ]);
  }, { access: access(KEYS) });
});

Deno.test("authorize() refuses before anything of the body is read", async () => {
  await withApp(async ({ request }) => {
    let read = 0;
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(++read)) }, {
      highWaterMark: 0,
    });
    assertEquals((await refusal(await request("/v1/embeddings", upload(body)))).status, 401);
    assertEquals(read, 0);
  }, { access: access(KEYS) });
});

Deno.test("authorize() holds each publishable key to its own pages", async () => {
  await withApp(async (app) => {
    assertEquals(await embed(app, sentWith(PAGE, SHOP)), [200]);
    assertEquals(await embed(app, sentWith(PAGE, "https://www.shop.example")), [200]);
    assertEquals(await embed(app, sentWith(OTHER_PAGE, BLOG)), [200]);
    for (
      const origin of [BLOG, "https://evil.example", "https://shop.example.evil.example", "null", undefined]
    ) {
      assertEquals(await embed(app, sentWith(PAGE, origin)), [403, "wrong_origin"], origin);
    }
    // The endpoint's own page: a header that no page can set.
    assertEquals(await embed(app, { ...sentWith(OTHER_PAGE), "Sec-Fetch-Site": "same-origin" }), [200]);
  }, { access: access(KEYS) });
});

Deno.test("authorize() counts the requests of a publishable key and an address", async () => {
  await withApp(async (app) => {
    const shop = sentWith(PAGE, SHOP);
    for (let i = 0; i < 3; i++) assertEquals(await embed(app, shop), [200]);
    assertEquals(await embed(app, shop), [429, "rate_limit_exceeded"]);
    assertEquals(await embed(app, shop, "203.0.113.8"), [200]);
    assertEquals(await embed(app, { ...shop, "X-Forwarded-For": "203.0.113.9" }), [
      429,
      "rate_limit_exceeded",
    ]);
    assertEquals(await embed(app, sentWith(OTHER_PAGE, BLOG)), [200]);
    for (let i = 0; i < 5; i++) assertEquals(await embed(app, sentWith(SECRET)), [200]);
  }, { access: access(KEYS) });
});

Deno.test("authorize() counts every picture of a request", async () => {
  await withApp(async ({ request }) => {
    const send = async (pictures: number) => {
      const input = Array.from({ length: pictures }, () => `data:image/jpeg;base64,${encodeBase64(bytes)}`);
      const response = await request("/v1/embeddings", {
        ...json({ input }),
        headers: { ...sentWith(PAGE, SHOP), "Content-Type": "application/json" },
      });
      await response.body?.cancel();
      return [response.status, response.headers.get("RateLimit")];
    };
    const bytes = await photo(0);
    assertEquals(await send(2), [200, '"shop";r=1;t=40']);
    assertEquals(await send(2), [429, '"shop";r=0;t=20']);
  }, { access: access(KEYS) });
});

Deno.test("authorize() does not tell a page to try again with more pictures than it may ever send", async () => {
  await withApp(async ({ request }) => {
    const input = [0, 1, 2, 3].map((number) => `data:image/jpeg;base64,AA${number}A`);
    const headers = { ...sentWith(PAGE, SHOP), "Content-Type": "application/json" };
    for (const path of ["/v1/embeddings", "/v1/duplicates"]) {
      const response = await request(path, { ...json({ input }), headers });
      assertEquals(response.headers.get("Retry-After"), null);
      const { status, code, message } = await refusal(response);
      assertEquals([status, code], [413, "too_many_pictures"]);
      assertStringIncludes(message, "at most 3 pictures");
    }
    const fitting = await request("/v1/embeddings", { ...json({ input: input.slice(1) }), headers });
    assertEquals((await refusal(fitting)).status, 429); // the two refused ones counted as one each
  }, { access: access(KEYS) });
});

Deno.test("authorize() tells a page how long to wait", async () => {
  await withApp(async ({ request }) => {
    const limits = async () => {
      const init = { method: "POST", headers: sentWith(PAGE, SHOP) };
      const { headers, body } = await request("/v1/embeddings", init, ELSEWHERE);
      await body?.cancel();
      return ["RateLimit-Policy", "RateLimit", "Retry-After"].map((name) => headers.get(name));
    };
    assertEquals(await limits(), ['"shop";q=3;w=60', '"shop";r=2;t=20', null]);
    await limits();
    await limits();
    assertEquals(await limits(), ['"shop";q=3;w=60', '"shop";r=0;t=20', "20"]);
  }, { access: access(KEYS) });
});

Deno.test("authorize() opens to everybody what the settings say, and no more", async () => {
  await withApp(async (app) => {
    assertEquals(await embed(app), [200]);
    assertEquals(await embed(app), [200]);
    assertEquals(await embed(app), [429, "rate_limit_exceeded"]);
    assertEquals(await embed(app, sentWith(SECRET)), [200]);
    assertEquals(await embed(app, sentWith("sk_with-a-typing-error")), [401, "invalid_api_key"]);
  }, { access: access({ ...KEYS, ALLOW_ANONYMOUS: "2/min" }) });
  // Client libraries insist on sending a key.
  await withApp(async (app) => {
    assertEquals(await embed(app, sentWith("unused")), [200]);
  }, { access: access({ ALLOW_ANONYMOUS: "true" }) });
});

Deno.test("authorize() does not count the lookups of a CDN", async () => {
  const settings = { ...KEYS, ALLOW_ANONYMOUS: "1/min", PUBLIC_LOOKUP: "true" };
  await withApp(async (app) => {
    const init = { ...upload(await photo(0)), headers: sentWith(SECRET) };
    const { headers } = await app.request("/v1/embeddings", init, ELSEWHERE);
    for (let i = 0; i < 3; i++) {
      await answer(await app.request(headers.get("Content-Location")!, {}, ELSEWHERE));
    }
    assertEquals(await embed(app), [200]);
    assertEquals(await embed(app), [429, "rate_limit_exceeded"]);
  }, { access: access(settings) });
});

Deno.test("authorize() without any such setting serves this machine only", async () => {
  await withApp(async (app) => {
    for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
      assertEquals(await embed(app, sentWith("unused"), address), [200], address);
    }
    assertEquals(await embed(app), [401, "missing_api_key"]);
    assertEquals(await embed(app, { "X-Forwarded-For": ELSEWHERE }, "127.0.0.1"), [401, "missing_api_key"]);
    const unknown = await app.request("/v1/embeddings", upload(await photo(0)));
    assertStringIncludes((await refusal(unknown)).message, "ALLOW_ANONYMOUS=true");
    const health = await app.request("/healthz", {}, ELSEWHERE);
    assertEquals((await health.json()).status, "ok");
  }, { access: access({}) });
});

Deno.test("authorize() keeps lookups that need a key out of shared caches", async () => {
  const lookUp = async (settings: Record<string, string>, headers?: HeadersInit) => {
    let seen: unknown[] = [];
    await withApp(async ({ request }) => {
      const init = upload(await photo(0));
      const posted = await request("/v1/embeddings", { ...init, headers: sentWith(SECRET) });
      await answer(posted);
      const got = await request(posted.headers.get("Content-Location")!, { headers });
      await got.body?.cancel();
      seen = [got.status, got.headers.get("Cache-Control"), got.headers.get("Vary")];
    }, { access: access(settings) });
    return seen;
  };
  assertEquals(await lookUp(KEYS), [401, "no-store", "Origin"]);
  const keyed = [200, "private, max-age=31536000, immutable", "Origin, Authorization"];
  assertEquals(await lookUp(KEYS, sentWith(SECRET)), keyed);
  // One object for everybody, whatever page asks: what a CDN can keep.
  const shared = [200, "public, max-age=31536000, immutable", null];
  assertEquals(await lookUp({ ...KEYS, PUBLIC_LOOKUP: "true" }), shared);
  assertEquals(await lookUp({ ...KEYS, PUBLIC_LOOKUP: "true" }, { Origin: "https://any.example" }), shared);
});

Deno.test("authorize() counts every picture of a request, whatever is asked of them", async () => {
  const input = await Promise.all([0, 1, 2].map(async (number) => dataUri(await photo(number))));
  for (const path of ["/v1/embeddings", "/v1/duplicates"]) {
    await withApp(async ({ request }) => {
      const response = await request(path, json({ input }), ELSEWHERE);
      await response.body?.cancel();
      assertEquals(response.headers.get("RateLimit"), '"anonymous";r=1;t=45', path);
    }, { access: access({ ...KEYS, ALLOW_ANONYMOUS: "4/min" }) });
  }
});

Deno.test("authorize() lets everybody read public collections, for shared caches to keep, and nothing else of them", async () => {
  const settings = {
    API_KEYS: `writer sha256:${await sha256Hex(new TextEncoder().encode("w"))} collections-write`,
    PUBLIC_COLLECTIONS: "shop",
  };
  await withApp(async ({ request }) => {
    for (const name of ["shop", "other"]) {
      const init = { method: "PUT", headers: sentWith("w"), body: await photo(0) };
      assertEquals((await request(`/v1/collections/${name}/images/a`, init)).status, 201);
    }
    const seen = async (path: string, init?: RequestInit) => {
      const response = await request(`/v1/collections/${path}`, init);
      await response.body?.cancel();
      const { headers } = response;
      return [response.status, headers.get("Cache-Control")?.split(",")[0], headers.get("Vary")];
    };
    for (const headers of [new Headers(), new Headers({ Origin: "https://any.example" })]) {
      for (const path of ["shop", "shop/groups", "shop/images/a", "shop/images/a/canonical"]) {
        assertEquals(await seen(path, { headers }), [200, "public", null], path);
      }
      assertEquals(await seen("other/groups", { headers }), [401, "no-store", "Origin"]);
      assertEquals((await seen("shop/search", { headers, ...json({ id: "a" }) }))[0], 401);
      assertEquals((await seen("shop/images/a", { headers, method: "DELETE" }))[0], 401);
    }
    const { headers } = await request("/v1/collections/shop", {
      method: "OPTIONS",
      headers: { Origin: "https://any.example", "Access-Control-Request-Method": "GET" },
    });
    assertEquals(headers.get("Access-Control-Allow-Origin"), "*");
  }, { access: access(settings) });
});
