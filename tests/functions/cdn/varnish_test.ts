import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../shared/digest.ts";
import { access, KEYS, PAGE, SECRET, sentWith, SHOP } from "../access/keys.ts";
import { withServedApp } from "../serve_app.ts";
import { photo, upload } from "../test_app.ts";
import { withVarnish } from "./varnish.ts";

const WRITER = "sk_writer";

/** Keys are on; embeddings and the collection `shop` are for everybody to read. */
async function withCache(use: (cache: Cache) => Promise<void>): Promise<void> {
  const writer = await sha256Hex(new TextEncoder().encode(WRITER));
  const settings = {
    ...KEYS,
    API_KEYS: `${KEYS.API_KEYS}; writer sha256:${writer} collections-write collections-read`,
    PUBLIC_LOOKUP: "true",
    PUBLIC_COLLECTIONS: "shop",
  };
  await withServedApp(async ({ url: origin, requests }) => {
    await withVarnish(origin, async (url) => {
      const ask = async (path: string, init?: RequestInit) => {
        const before = requests.length;
        const response = await fetch(`${url}${path}`, init);
        const body = new Uint8Array(await response.arrayBuffer());
        return {
          status: response.status,
          headers: response.headers,
          body,
          reached: requests.length - before,
        };
      };
      const purge = async (...tags: string[]) => {
        const { status } = await ask("/", { method: "PURGE", headers: { "Surrogate-Key": tags.join(" ") } });
        return status;
      };
      await use({ ask, purge, origin });
    });
  }, { access: access(settings) });
}

interface Cache {
  /** Asks through the cache; `reached` tells how many requests came through to the endpoint. */
  ask(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; headers: Headers; body: Uint8Array; reached: number }>;
  purge(...tags: string[]): Promise<number>;
  /** The endpoint itself. */
  origin: string;
}

/** Embeds a photo through the cache; the path where its embedding is cached. */
async function embed({ ask }: Cache, number: number): Promise<string> {
  const init = upload(await photo(number));
  const { headers, reached } = await ask("/v1/embeddings", {
    ...init,
    headers: { ...init.headers, ...sentWith(SECRET) },
  });
  assertEquals(reached, 1);
  return headers.get("Content-Location")!;
}

Deno.test("Varnish answers the second GET of an embedding by itself, whoever asks and from whatever origin", async () => {
  await withCache(async (cache) => {
    const json = await embed(cache, 0);
    for (const path of [json, json.replace(".json", ".bin"), `${json}?dimensions=2&encoding_format=base64`]) {
      const first = await cache.ask(path, { headers: { Origin: SHOP } });
      assertEquals([first.status, first.reached], [200, 1], path);
      for (
        const headers of [
          {},
          { Origin: "https://other.example" },
          sentWith(PAGE, SHOP),
          sentWith("sk_no-such-key"),
          { Cookie: "session=1" },
        ]
      ) {
        const again = await cache.ask(path, { headers });
        assertEquals(
          [again.status, again.reached, again.body],
          [200, 0, first.body],
          JSON.stringify(headers),
        );
        assertEquals(again.headers.get("Access-Control-Allow-Origin"), "*");
      }
      const etag = first.headers.get("ETag")!;
      const unchanged = await cache.ask(path, { headers: { "If-None-Match": etag } });
      assertEquals([unchanged.status, unchanged.reached], [304, 0]);
      const head = await cache.ask(path, { method: "HEAD" });
      assertEquals([head.status, head.reached, head.headers.get("ETag")], [200, 0, etag]);
    }
    const sorted = await cache.ask(`${json}?encoding_format=base64&dimensions=2`);
    assertEquals([sorted.status, sorted.reached], [200, 0]);
  });
});

Deno.test("Varnish keeps no refusal: what was missing is found as soon as it is there", async () => {
  await withCache(async (cache) => {
    const sha256 = await sha256Hex(await photo(0));
    const { id } = JSON.parse(new TextDecoder().decode((await cache.ask("/v1/bundle")).body));
    const path = `/v1/embeddings/${id}/${sha256}.json`;
    const missing = await cache.ask(path, { headers: { Origin: SHOP } });
    assertEquals([missing.status, missing.reached], [404, 1]);
    assertEquals(await embed(cache, 0), path);
    assertEquals((await cache.ask(path)).status, 200);
  });
});

Deno.test("Varnish forgets an embedding by the tag of its picture or bundle, and nothing else", async () => {
  await withCache(async (cache) => {
    const paths = [await embed(cache, 0), await embed(cache, 1)] as const;
    const reached = async () => [(await cache.ask(paths[0])).reached, (await cache.ask(paths[1])).reached];
    assertEquals([await reached(), await reached()], [[1, 1], [0, 0]]);
    const [bundle, picture] = (await cache.ask(paths[0])).headers.get("Surrogate-Key")!.split(" ");
    assertEquals(await cache.purge("picture-none", picture!), 200);
    assertEquals([await reached(), await reached()], [[1, 0], [0, 0]]);
    assertEquals(await cache.purge(picture!.slice(0, -1)), 200);
    assertEquals(await reached(), [0, 0]);
    assertEquals(await cache.purge(bundle!), 200);
    assertEquals(await reached(), [1, 1]);
    assertEquals(await cache.purge("x) || obj.status == 200 && (x"), 400);
  });
});

Deno.test("Varnish keeps what a public collection answers until its group changes, and hands nothing that needs a key to anybody", async () => {
  await withCache(async (cache) => {
    const put = async (collection: string, id: string, body: Uint8Array<ArrayBuffer>) => {
      const path = `/v1/collections/${collection}/images/${id}?url=https://cdn.example/${id}.jpg`;
      const { status } = await cache.ask(path, { method: "PUT", headers: sentWith(WRITER), body });
      assertEquals(status, 201);
    };
    const bytes = await photo(0);
    await put("shop", "a", bytes);
    await put("other", "a", bytes);
    const canonical = "/v1/collections/shop/images/a/canonical?redirect=true";
    const redirect = async () => {
      const { headers, reached } = await cache.ask(canonical, { redirect: "manual" });
      return [headers.get("Location"), reached];
    };
    assertEquals(await redirect(), ["https://cdn.example/a.jpg", 1]);
    assertEquals(await redirect(), ["https://cdn.example/a.jpg", 0]);
    // More bytes and the same picture: it is the canonical one from now on.
    await put("shop", "b", new Uint8Array([...bytes, 0]));
    assertEquals(await redirect(), ["https://cdn.example/a.jpg", 0]);
    const group = (await cache.ask("/v1/collections/shop/images/a")).headers.get("Surrogate-Key")!.split(" ")
      .at(-1)!;
    const tags = (await cache.ask(canonical, { redirect: "manual" })).headers.get("Surrogate-Key")!.split(
      " ",
    );
    assert(!tags.includes(group));
    assertEquals(await cache.purge(tags.at(-1)!), 200);
    assertEquals(await redirect(), ["https://cdn.example/b.jpg", 1]);

    const secret = "/v1/collections/other/images/a";
    const keyed = async (key?: string) =>
      (await cache.ask(secret, { headers: key === undefined ? {} : sentWith(key) })).status;
    assertEquals([await keyed(WRITER), await keyed(), await keyed(SECRET), await keyed(WRITER)], [
      200,
      401,
      403,
      200,
    ]);
  });
});
