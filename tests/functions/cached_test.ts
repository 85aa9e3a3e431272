import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { Hono } from "hono";
import { CACHED_ROUTE, getCached } from "../../functions/embed/routes/cached.ts";
import type { Serving } from "../../functions/embed/takeover/serving.ts";
import { openSqliteStore } from "../../functions/embed/store/sqlite.ts";
import { StoreError } from "../../functions/embed/store/store.ts";
import { encodeBase64 } from "@std/encoding/base64";
import { embeddingResponseSchema } from "../../shared/api.ts";
import { access, BLOG, KEYS, OTHER_PAGE, SECRET, sentWith } from "./access/keys.ts";
import { answer, manifest, photo, refusal, upload, withApp } from "./test_app.ts";

const NEVER_SEEN = "0".repeat(64);

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("GET /v1/embeddings/{bundle}/{sha256}.json answers what POST answered, for a year", async () => {
  await withApp(async ({ request }) => {
    const posted = await request("/v1/embeddings", upload(await photo(0)));
    const path = posted.headers.get("Content-Location")!;
    assertMatch(path, new RegExp(`^/v1/embeddings/${manifest.id}/[0-9a-f]{64}\\.json$`));
    const got = await request(path);
    assertEquals(got.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    const expected = await answer(posted);
    const body = await got.arrayBuffer();
    assertEquals(embeddingResponseSchema.parse(JSON.parse(new TextDecoder().decode(body))), expected);
    const digest = encodeBase64(await crypto.subtle.digest("SHA-256", body));
    assertEquals(got.headers.get("Repr-Digest"), `sha-256=:${digest}:`);
    const tags = [
      `bundle-${manifest.id.slice(0, 16)}`,
      `picture-${expected.data[0]!.image.sha256.slice(0, 32)}`,
    ];
    assertEquals(got.headers.get("Surrogate-Key"), tags.join(" "));
    assertEquals([got.headers.get("Cache-Tag"), got.headers.get("Deno-Cache-Tag")], [
      tags.join(),
      tags.join(),
    ]);
    const head = await request(path, { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
    assertEquals(head.headers.get("ETag"), got.headers.get("ETag"));
  });
});

Deno.test("GET of a cached embedding answers 304 to whoever has it", async () => {
  await withApp(async ({ request }) => {
    const posted = await request("/v1/embeddings?encoding_format=base64", upload(await photo(0)));
    const path = posted.headers.get("Content-Location")!;
    const expected = await answer(posted);
    const got = await request(path);
    const again = await request(path, { headers: { "If-None-Match": got.headers.get("ETag")! } });
    assertEquals(await answer(got), expected);
    assertEquals([again.status, await again.text()], [304, ""]);
    assertMatch(again.headers.get("Cache-Control")!, /immutable/);
    const status = async (ifNoneMatch: string, of = path) => {
      const init = { headers: { "If-None-Match": ifNoneMatch } };
      const response = await request(of, init);
      await response.body?.cancel();
      return response.status;
    };
    const etag = got.headers.get("ETag")!;
    // "*" is whatever there is, and of what is not there nothing (RFC 9110, section 13.1.2).
    assertEquals([await status("*"), await status(`"a", W/${etag}`), await status('"*"')], [304, 304, 200]);
    assertEquals(await status("*", `/v1/embeddings/${manifest.id}/${NEVER_SEEN}.json`), 404);
    assertEquals([await status("*", "/v1/bundle"), await status("*", "/client.js")], [304, 304]);
  });
});

Deno.test("GET of an embedding answers 404 that no one keeps if it is not cached, or not of this bundle", async () => {
  await withApp(async ({ request }) => {
    for (
      const [path, code] of [
        [`/v1/embeddings/${manifest.id}/${NEVER_SEEN}.json`, "not_cached"],
        [`/v1/embeddings/${NEVER_SEEN}/${NEVER_SEEN}.json`, "unknown_bundle"],
        [`/v1/embeddings/${manifest.id}/photo.json`, "unknown_route"],
      ] as const
    ) {
      const response = await request(path);
      assertEquals(response.headers.get("Cache-Control"), "no-store");
      const { status, ...refused } = await refusal(response);
      assertEquals([status, refused.code], [404, code]);
    }
  });
});

Deno.test("GET of an embedding answers after a restart on the same file", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "new folder", "embeddings.db");
    let location = "", expected;
    await withApp(async ({ request }) => {
      const posted = await request("/v1/embeddings", upload(await photo(0)));
      location = posted.headers.get("Content-Location")!;
      expected = await answer(posted);
    }, { store: openSqliteStore(path) });
    await withApp(async ({ request }) => {
      assertEquals(await answer(await request(location)), expected!);
    }, { store: openSqliteStore(path) });
  });
});

Deno.test("openSqliteStore() says what is wrong with a file that is no store", async () => {
  await inFolder(async (folder) => {
    const corrupt = join(folder, "corrupt.db");
    await Deno.writeFile(corrupt, new Uint8Array(20_000).fill(7));
    for (const path of [corrupt, folder, join(corrupt, "below.db")]) {
      const { message } = assertThrows(() => openSqliteStore(path), StoreError, "Cannot open the store");
      assertStringIncludes(message, path);
    }
  });
});

Deno.test("GET /v1/embeddings/{bundle}/{sha256}.json keeps no answer ready under paths that callers made up", async () => {
  const store = openSqliteStore(undefined);
  let looks = 0;
  const get = store.get.bind(store);
  const counted = Object.assign(store, {
    get(bundle: string, sha256: string) {
      looks++;
      return get(bundle, sha256);
    },
  });
  await withApp(async ({ request }) => {
    const path = (await request("/v1/embeddings", upload(await photo(0)))).headers.get("Content-Location")!;
    const looksOf = async (path: string) => {
      const before = looks;
      await answer(await request(path));
      return looks - before;
    };
    assertEquals([await looksOf(path), await looksOf(path)], [1, 0]);
    const long = `${path}?model=${"x".repeat(1000)}`;
    assertEquals([await looksOf(long), await looksOf(long)], [1, 1]);
  }, { store: counted });
});

Deno.test("GET /v1/embeddings/{bundle}/{sha256}.bin answers the vector as float32, for a year", async () => {
  await withApp(async ({ request }) => {
    const posted = await request("/v1/embeddings?encoding_format=base64", upload(await photo(0)));
    const { embedding, image } = (await answer(posted)).data[0]!;
    const path = `/v1/embeddings/${manifest.id}/${image.sha256}.bin`;
    const got = await request(path);
    const body = new Uint8Array(await got.arrayBuffer());
    assertEquals(encodeBase64(body), embedding);
    assertEquals(got.headers.get("Content-Type"), "application/octet-stream");
    assertEquals(got.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    const digest = encodeBase64(await crypto.subtle.digest("SHA-256", body));
    assertEquals(got.headers.get("Repr-Digest"), `sha-256=:${digest}:`);
    assertMatch(got.headers.get("Surrogate-Key")!, /^bundle-[0-9a-f]{16} picture-[0-9a-f]{32}$/);
    const head = await request(path, { method: "HEAD" });
    assertEquals([head.status, await head.text(), head.headers.get("ETag")], [
      200,
      "",
      got.headers.get("ETag"),
    ]);
    const unchanged = await request(path, { headers: { "If-None-Match": got.headers.get("ETag")! } });
    assertEquals([unchanged.status, await unchanged.text()], [304, ""]);
    const short = new Float32Array(await (await request(`${path}?dimensions=2`)).arrayBuffer());
    assertEquals(short.length, 2);
    assertAlmostEquals(Math.hypot(...short), 1, 1e-6);
    const { code } = await refusal(await request(`${path}?encoding_format=float`));
    assertEquals(code, "unknown_encoding_format");
  });
});

Deno.test("GET of a cached embedding answers alike from the store and from memory, whoever asks and however", async () => {
  const some: Record<string, string>[] = [KEYS, { ...KEYS, PUBLIC_LOOKUP: "true" }, {
    ALLOW_ANONYMOUS: "true",
  }];
  for (const settings of some) {
    await withApp(async ({ request }) => {
      const posted = await request("/v1/embeddings?dimensions=2", {
        ...upload(await photo(0)),
        headers: "ALLOW_ANONYMOUS" in settings ? {} : sentWith(SECRET),
      });
      const json = posted.headers.get("Content-Location")!;
      await posted.body?.cancel();
      const all: (readonly [RequestInit, number[]])[] = [
        [{}, [200, 401]],
        [{ headers: sentWith(SECRET) }, [200]],
        [{ headers: { ...sentWith(OTHER_PAGE, BLOG), "If-None-Match": "*" } }, [304]],
        [{ method: "HEAD", headers: { Origin: "https://elsewhere.example" } }, [200, 401]],
      ];
      const told = async (path: string, init: RequestInit) => {
        const response = await request(path, init);
        const headers = new Headers(response.headers);
        headers.delete("X-Request-Id");
        headers.delete("RateLimit"); // one less each time
        return [response.status, [...headers], new Uint8Array(await response.arrayBuffer())] as const;
      };
      for (const path of [json, json.replace(".json", ".bin"), `${json}&encoding_format=base64`]) {
        for (const [init, statuses] of all) {
          const first = await told(path, init);
          assert(statuses.includes(first[0]), `${first[0]}`);
          assertEquals(await told(path, init), first);
        }
      }
    }, { access: access(settings) });
  }
});

Deno.test("getCached() looks again after a while, and answers no bundle that is not known any more", async () => {
  const sha256 = "a".repeat(64);
  const path = `/v1/embeddings/${manifest.id}/${sha256}.json`;
  const known = new Set([manifest.id]);
  const stored = new Map([[sha256, {
    sha256,
    width: 1,
    height: 1,
    format: "png",
    vector: new Float32Array(8),
  }]]);
  let hits = 0;
  const serving = { knows: (id: string) => known.has(id), current: { manifest } };
  const app = new Hono().get(
    CACHED_ROUTE,
    getCached(serving as Serving, { get: (_, sha256) => Promise.resolve(stored.get(sha256)) }, {
      maxReady: 1,
      readyMs: 500,
      countHit: () => hits++,
    }),
  ).onError((error, c) => c.text(error.name, 404));
  const ask = async () => (await app.request(path)).status;
  assertEquals([await ask(), await ask(), hits], [200, 200, 1]);
  stored.clear();
  const deadline = performance.now() + 20_000;
  while (await ask() === 200 && performance.now() < deadline) await delay(20);
  assertEquals(await ask(), 404);

  stored.set(sha256, { sha256, width: 1, height: 1, format: "png", vector: new Float32Array(8) });
  assertEquals([await ask(), await ask()], [200, 200]);
  known.clear();
  assertEquals(await ask(), 404);
});
