import { assert, assertAlmostEquals, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { createMemoryStore } from "../../../functions/embed/store/memory_store.ts";
import { readSettings } from "../../../functions/embed/settings.ts";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import type { Manifest } from "../../../shared/bundle.ts";
import {
  collectionSchema,
  duplicatesSchema,
  groupsSchema,
  matchesSchema,
  placedPictureSchema,
} from "../../../shared/collections_api.ts";
import {
  answer,
  dataUri,
  json,
  manifest,
  photo,
  refusal,
  type TestApp,
  upload,
  withApp,
} from "../test_app.ts";

/** This machine, where everything is open as long as there are no keys. */
const HERE = "127.0.0.1";

async function withCollections(
  use: (
    request: (method: string, path: string, init?: RequestInit) => Promise<Response>,
    app: TestApp,
  ) => Promise<void>,
  served: Manifest = manifest,
): Promise<void> {
  const { access } = readSettings(() => undefined);
  await withApp(
    async (app) =>
      await use((method, path, init) => app.request(`/v1${path}`, { ...init, method }, HERE), app),
    { access, manifest: served },
  );
}

async function placed(response: Response, status = 200) {
  const body = await response.json();
  assertEquals(response.status, status, JSON.stringify(body));
  return placedPictureSchema.parse(body);
}

const ids = async (response: Response) => matchesSchema.parse(await response.json()).data.map(({ id }) => id);

Deno.test("PUT of a picture keeps what is said of it, and answers where it stands", async () => {
  await withCollections(async (request) => {
    const bytes = await photo(0);
    const query = new URLSearchParams({
      url: "https://cdn.example/a.jpg",
      metadata: '{"shop": 7}',
      created: "2026-01-02T03:04:05Z",
    });
    const put = await placed(
      await request("PUT", `/collections/shop/images/a%2F1?${query}`, upload(bytes)),
      201,
    );
    assertEquals([put.picture.id, put.picture.bytes, put.picture.url], [
      "a/1",
      bytes.length,
      "https://cdn.example/a.jpg",
    ]);
    assertEquals([put.picture.metadata, put.picture.created], [{ shop: 7 }, "2026-01-02T03:04:05.000Z"]);
    assertEquals([put.canonical.id, put.score, put.replaceable], ["a/1", 1, true]);
    assertEquals(await placed(await request("GET", "/collections/shop/images/a%2F1")), put);
    // The same bytes under another name: by their SHA-256, and as JSON.
    const again = { sha256: put.picture.image.sha256 };
    const same = await placed(await request("PUT", "/collections/shop/images/b", json(again)), 201);
    assertEquals(same.canonical.id, "a/1");
    assertEquals(
      (await request("PUT", "/collections/shop/images/b", json({ input: dataUri(bytes) }))).status,
      200,
    );
    const collection = collectionSchema.parse(await (await request("GET", "/collections/shop")).json());
    assertEquals([collection.pictures, collection.contents, collection.bytes_saved], [2, 1, bytes.length]);
    assertEquals(collection.threshold, manifest.similarity.copyThreshold);
  });
});

Deno.test("PUT of a collection chooses a threshold, or the precision that the bundle's shall have", async () => {
  const thresholds = [[0.999, 0.9], [0.99, 0.8]].map(([precision, threshold]) => ({
    ...{ precision: precision!, threshold: threshold!, recall: 0.5 },
  }));
  const similarity = { ...manifest.similarity, copies: { originals: 1, queries: 1, thresholds } };
  await withCollections(async (request) => {
    const make = async (name: string, body: object) => {
      const response = await request("PUT", `/collections/${name}`, json(body));
      return response.ok ? collectionSchema.parse(await response.json()) : await refusal(response);
    };
    for (const { precision, threshold } of thresholds) {
      const made = await make(`at-${precision}`, { precision });
      assertObjectMatch(made, { precision, threshold });
    }
    assertObjectMatch(await make("own", { threshold: 0.7 }), { precision: null, threshold: 0.7 });
    assertObjectMatch(await make("none", { precision: 0.9 }), {
      code: "invalid_request",
    });
    assertObjectMatch(await make("both", { precision: 0.99, threshold: 0.7 }), { code: "invalid_request" });
    await request("PUT", "/collections/at-0.99/images/a", upload(await photo(0)));
    assertObjectMatch(await make("at-0.99", { precision: 0.999 }), { code: "collection_not_empty" });
  }, { ...manifest, similarity });
});

Deno.test("DELETE takes a picture out, and the next becomes canonical", async () => {
  await withCollections(async (request) => {
    for (const id of ["a", "b"]) await request("PUT", `/collections/c/images/${id}`, upload(await photo(0)));
    assertEquals((await request("DELETE", "/collections/c/images/a")).status, 204);
    assertEquals((await refusal(await request("DELETE", "/collections/c/images/a"))).code, "unknown_picture");
    assertEquals((await placed(await request("GET", "/collections/c/images/b"))).canonical.id, "b");
  });
});

Deno.test("POST .../search finds by a picture, its SHA-256, an id and a vector", async () => {
  await withCollections(async (request, app) => {
    for (const number of [0, 1, 2, 3]) {
      await request("PUT", `/collections/c/images/p${number}`, upload(await photo(number)));
    }
    const { data } = await answer(await app.request("/v1/embeddings", upload(await photo(2)), HERE));
    const [{ embedding, image }] = data as [typeof data[number]];
    const bySearch = async (body: RequestInit) => await request("POST", "/collections/c/search", body);
    const found =
      matchesSchema.parse(await (await bySearch(json({ sha256: image.sha256, k: 4 }))).json()).data;
    assertEquals(found.length, 4);
    assertEquals([found[0]!.id, found[0]!.copy, found[0]!.replaceable], ["p2", true, true]);
    assertAlmostEquals(found[0]!.score, 1, 1e-6);
    assertEquals(found.map(({ score }) => score), found.map(({ score }) => score).sort((a, b) => b - a));
    for (const body of [{ id: "p2" }, { vector: embedding }, { input: dataUri(await photo(2)) }]) {
      assertEquals((await ids(await bySearch(json({ ...body, k: 1 }))))[0], "p2");
    }
    assertEquals(await ids(await request("POST", "/collections/c/search?k=1", upload(await photo(2)))), [
      "p2",
    ]);
    assertEquals(await ids(await bySearch(json({ id: "p2", threshold: 0.999999 }))), ["p2"]);
  });
});

Deno.test("GET .../groups, .../duplicates and .../canonical name copies, for caches to keep shortly", async () => {
  await withCollections(async (request) => {
    const url = (id: string) => `https://cdn.example/${id}.jpg`;
    const bytes = await photo(0);
    // Bytes after the end of a JPEG change its SHA-256, and nothing that is seen.
    const copy = new Uint8Array([...bytes, 0]);
    for (const [id, body] of [["a", bytes], ["b", copy], ["other", await photo(1)]] as const) {
      await request("PUT", `/collections/c/images/${id}?url=${encodeURIComponent(url(id))}`, upload(body));
    }
    const response = await request("GET", "/collections/c/groups");
    const { data, next } = groupsSchema.parse(await response.json());
    assertEquals(data.map(({ canonical, members }) => [canonical.id, ...members.map(({ id }) => id)]), [[
      "b",
      "a",
    ]]);
    assertEquals([data[0]!.members[0]!.replaceable, next], [true, null]);
    assertMatch(response.headers.get("Cache-Control")!, /s-maxage=60, stale-while-revalidate=300$/);
    assertMatch(response.headers.get("Surrogate-Key")!, /^bundle-[0-9a-f]{16} collection-c$/);
    const unchanged = await request("GET", "/collections/c/groups", {
      headers: { "If-None-Match": response.headers.get("ETag")! },
    });
    assertEquals(unchanged.status, 304);
    assertEquals(await ids(await request("GET", "/collections/c/images/a/duplicates")), ["b"]);
    const redirect = await request("GET", "/collections/c/images/a/canonical?redirect=true");
    assertEquals([redirect.status, redirect.headers.get("Location")], [307, url("b")]);
    assertEquals(redirect.headers.get("Link"), `<${url("b")}>; rel="canonical"`);
    const bySha256 = (await placed(await request("GET", "/collections/c/images/a"))).picture.image.sha256;
    assertEquals(
      (await placed(await request("GET", `/collections/c/images/${bySha256}/canonical`))).canonical.id,
      "b",
    );
  });
});

Deno.test("collections refuse by name what they cannot take", async () => {
  await withCollections(async (request) => {
    const bytes = await photo(0);
    await request("PUT", "/collections/c/images/a", upload(bytes));
    const never = "0".repeat(64);
    const nested = (depth: number) => '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
    const digest = {
      ...upload(bytes),
      headers: { "Content-Digest": `sha-256=:${encodeBase64(new Uint8Array(32))}:` },
    };
    for (
      const [method, path, init, status, code] of [
        ["PUT", "/collections/-c/images/a", upload(bytes), 400, "invalid_parameter"],
        ["PUT", "/collections/c/images/b?url=ftp://x/y", upload(bytes), 400, "invalid_parameter"],
        ["PUT", "/collections/c/images/b?priority=1e9", upload(bytes), 400, "invalid_parameter"],
        ["PUT", "/collections/c/images/b?metadata={", upload(bytes), 400, "invalid_parameter"],
        ["PUT", `/collections/c/images/b?metadata=${nested(2000)}`, upload(bytes), 400, "invalid_parameter"],
        ["PUT", "/collections/c/images/b", upload(nested(100_000)), 400, "invalid_json"],
        ["PUT", "/collections/c/images/b", upload("no picture"), 400, "not_an_image"],
        ["PUT", "/collections/c/images/b", { body: "" }, 400, "empty_body"],
        ["PUT", "/collections/c/images/b", digest, 400, "wrong_content_digest"],
        ["PUT", "/collections/c/images/b", json({ sha256: never }), 404, "not_cached"],
        ["PUT", "/collections/c/images/b", json({ url: "https://a.example" }), 400, "invalid_request"],
        ["PUT", "/collections/c/images/b", json({ sha256: never, colour: 1 }), 400, "invalid_request"],
        ["PUT", "/collections/c/images/b", upload(new Uint8Array(2_000_000)), 413, "body_too_large"],
        ["PUT", "/collections/c", json({ threshold: 0.5 }), 409, "collection_not_empty"],
        ["PUT", "/collections/d", json({ threshold: 2 }), 400, "invalid_request"],
        ["GET", "/collections/d", {}, 404, "unknown_collection"],
        ["GET", "/collections/d/groups", {}, 404, "unknown_collection"],
        ["GET", "/collections/c/groups?limit=0", {}, 400, "invalid_parameter"],
        ["GET", "/collections/c/groups?page=2", {}, 400, "invalid_parameter"],
        ["GET", "/collections/c?page=2", {}, 400, "invalid_parameter"],
        [
          "PUT",
          "/collections/c/images/b?url=https://a.example",
          json({ sha256: never }),
          400,
          "invalid_parameter",
        ],
        ["GET", "/collections/c/images/b", {}, 404, "unknown_picture"],
        ["GET", "/collections/c/images/b/canonical", {}, 404, "unknown_picture"],
        ["GET", "/collections/c/images/a/canonical?redirect=true", {}, 404, "no_url"],
        ["POST", "/collections/c/search", json({ vector: [1, 2] }), 400, "invalid_parameter"],
        ["POST", "/collections/c/search", json({ id: "a", sha256: never }), 400, "invalid_request"],
        ["POST", "/collections/c/search", json({ id: "a", k: 0 }), 400, "invalid_request"],
        ["PATCH", "/collections/c", {}, 405, "wrong_method"],
      ] as const
    ) {
      const response = await request(method, path, init);
      assertEquals(response.headers.get("Cache-Control"), "no-store", path);
      const { status: received, ...refused } = await refusal(response);
      assertEquals([received, refused.code], [status, code], `${method} ${path}: ${refused.message}`);
    }
  });
});

Deno.test("collections are read and changed by keys that have the right, and by nobody without one", async () => {
  const keys = { reader: "sk_reader", writer: "sk_writer", caller: "sk_caller" };
  const hash = async (key: string) =>
    Array.from(
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key))),
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join("");
  const API_KEYS = [
    `reader sha256:${await hash(keys.reader)} collections-read`,
    `writer sha256:${await hash(keys.writer)} collections-read collections-write`,
    `caller sha256:${await hash(keys.caller)}`,
  ].join("; ");
  const { access } = readSettings((name) => ({ API_KEYS, ALLOW_ANONYMOUS: "true" })[name]);
  await withApp(async ({ request }) => {
    const status = async (method: string, path: string, key: string | undefined, init: RequestInit = {}) => {
      const headers: HeadersInit = key ? { Authorization: `Bearer ${key}` } : {};
      const response = await request(`/v1/collections/c${path}`, { ...init, method, headers });
      await response.body?.cancel();
      assert(response.status >= 400 || !/\bpublic\b/.test(response.headers.get("Cache-Control") ?? ""));
      return response.status;
    };
    const put = { body: await photo(0) };
    assertEquals(await status("PUT", "/images/a", keys.writer, put), 201);
    assertEquals(await status("PUT", "/images/b", keys.reader, put), 403);
    assertEquals(await status("DELETE", "/images/a", keys.reader), 403);
    assertEquals(await status("GET", "/images/a", keys.reader), 200);
    assertEquals(await status("GET", "/images/a", keys.caller), 403);
    assertEquals(await status("GET", "/images/a", undefined), 401);
    assertEquals(await status("PUT", "/images/b", undefined, put), 401);
  }, { access });
});

Deno.test("POST /v1/duplicates groups the pictures of a request, and names what is no picture", async () => {
  await withCollections(async (request) => {
    const bytes = await photo(0);
    const copy = new Uint8Array([...bytes, 0]);
    const input = [await photo(1), bytes, new TextEncoder().encode("GIF89a"), copy, bytes].map(dataUri);
    const response = await request("POST", "/duplicates", json({ input }));
    const { data, errors } = duplicatesSchema.parse(await response.json());
    assertEquals(data.map(({ canonical, members }) => [canonical, ...members.map(({ index }) => index)]), [
      [0],
      [3, 1, 4],
    ]);
    assertEquals(data[1]!.members.map(({ replaceable }) => replaceable), [true, true]);
    assertEquals(errors.map(({ index, error }) => [index, error.code]), [[2, "damaged_image"]]);
    assertEquals(
      (await refusal(await request("POST", "/duplicates", upload("no picture")))).code,
      "not_an_image",
    );
  });
});

Deno.test("POST /v1/duplicates answers also where the store keeps nothing", async () => {
  const full = () => Promise.reject(new Error("database or disk is full"));
  const store = Object.assign(openSqliteStore(undefined), { get: full, put: full, traces: full });
  await withApp(async ({ request, logged }) => {
    const bytes = await photo(0);
    const input = [bytes, new Uint8Array([...bytes, 0])].map(dataUri);
    const response = await request("/v1/duplicates", json({ input }));
    const { data } = duplicatesSchema.parse(await response.json());
    assertEquals(data.map(({ canonical, members }) => [canonical, members.length]), [[1, 1]]);
    assertEquals(logged.map(({ message }) => message), Array(4).fill("The store failed"));
  }, { store });
});

Deno.test("GET of a canonical picture redirects to a URL beyond ASCII, written in ASCII", async () => {
  await withCollections(async (request) => {
    const url = encodeURIComponent("https://cdn.example/\u65e5\u672c>.jpg");
    await placed(await request("PUT", `/collections/c/images/a?url=${url}`, upload(await photo(0))), 201);
    const redirect = await request("GET", "/collections/c/images/a/canonical?redirect=true");
    const href = "https://cdn.example/%E6%97%A5%E6%9C%AC%3E.jpg";
    assertEquals([redirect.status, redirect.headers.get("Location")], [307, href]);
    assertEquals(redirect.headers.get("Link"), `<${href}>; rel="canonical"`);
  });
});

Deno.test("collections refuse cursors and ids that can be none, before the store is asked", async () => {
  await withCollections(async (request, { logged }) => {
    await placed(await request("PUT", "/collections/c/images/a", upload(await photo(0))), 201);
    const cursor = await refusal(await request("GET", "/collections/c/groups?after=%00"));
    const id = await refusal(await request("POST", "/collections/c/search", json({ id: "a\0" })));
    assertEquals([cursor.code, id.code], ["invalid_parameter", "invalid_parameter"]);
    assertEquals(logged, []);
  });
});

Deno.test("collections are refused by name where the store has none", async () => {
  const { access } = readSettings(() => undefined);
  await withApp(async ({ request, logged }) => {
    const { status, code } = await refusal(await request("/v1/collections/c", {}, HERE));
    assertEquals([status, code, logged], [404, "no_collections", []]);
  }, { access, store: createMemoryStore(1) });
});
