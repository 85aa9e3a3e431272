import { assertEquals, assertStringIncludes } from "@std/assert";
import { REDIRECT_FORMATS } from "../../../functions/embed/collections/redirect_formats.ts";
import { collectionSchema, redirectsSchema } from "../../../shared/collections_api.ts";
import { access } from "../access/keys.ts";
import { photo, type TestApp, withApp } from "../test_app.ts";
import { withNginx } from "./nginx.ts";

const HERE = "127.0.0.1";

async function put({ request }: TestApp, id: string, url: string | undefined, body: Uint8Array<ArrayBuffer>) {
  const query = url === undefined ? "" : `?url=${encodeURIComponent(url)}`;
  const path = `/v1/collections/shop/images/${encodeURIComponent(id)}${query}`;
  const response = await request(path, { method: "PUT", body }, HERE);
  assertEquals(response.status, 201, await response.text());
}

/** The photo with bytes after its end: the more, the larger, and so the canonical one of all. */
async function copy(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array([...await photo(0), ...new Uint8Array(bytes)]);
}

Deno.test("GET .../redirects has what can be served from another URL, as JSON, CSV and for nginx", async () => {
  await withApp(async (app) => {
    const url = (path: string) => `https://cdn.example/${path}`;
    await put(app, "best", url("best.jpg"), await copy(9));
    await put(app, 'a "b", c', url("a.jpg?x=1,2"), await copy(1));
    await put(app, "same bytes", url("same.jpg"), await copy(9));
    await put(app, "same url", url("best.jpg"), await copy(2));
    await put(app, "no url", undefined, await copy(3));
    await put(app, "other", url("other.jpg"), await photo(1));
    const get = async (query: string) => {
      const response = await app.request(`/v1/collections/shop/redirects${query}`, {}, HERE);
      assertEquals(response.headers.get("Cache-Control")!.split(",").length, 4);
      assertStringIncludes(response.headers.get("Surrogate-Key")!, "collection-shop");
      return response;
    };
    const { data } = redirectsSchema.parse(await (await get("")).json());
    const expected = [['a "b", c', url("a.jpg?x=1,2")], ["same bytes", url("same.jpg")]];
    assertEquals(
      data,
      expected.map(([id, from]) => ({ id: id!, url: from!, canonical_url: url("best.jpg") })),
    );
    const csv = await get("?format=csv");
    assertEquals(csv.headers.get("Content-Type"), "text/csv; charset=utf-8; header=present");
    assertEquals(
      await csv.text(),
      'url,canonical_url,id\r\n"https://cdn.example/a.jpg?x=1,2",https://cdn.example/best.jpg,"a ""b"", c"\r\n' +
        "https://cdn.example/same.jpg,https://cdn.example/best.jpg,same bytes\r\n",
    );
    assertEquals((await app.request("/v1/collections/none/redirects", {}, HERE)).status, 404);
    assertEquals((await app.request("/v1/collections/shop/redirects?format=xml", {}, HERE)).status, 400);

    // What it saves, in figures.
    const summary = collectionSchema.parse(
      await (await app.request("/v1/collections/shop", {}, HERE)).json(),
    );
    // Of two pictures of the same bytes one is kept.
    const lengths = await Promise.all([9, 1, 2, 3].map(async (bytes) => (await copy(bytes)).length));
    assertEquals(summary.bytes_saved, lengths.reduce((sum, length) => sum + length));
    const metrics = await (await app.request("/metrics", {}, HERE)).text();
    assertStringIncludes(
      metrics,
      `lookalike_collection_saved_bytes{collection="shop"} ${summary.bytes_saved}\n`,
    );
    assertStringIncludes(metrics, `lookalike_collection_bytes{collection="shop"} ${summary.bytes}\n`);
    assertStringIncludes(metrics, 'lookalike_collection_pictures{collection="shop"} 6\n');
  }, { access: access({}) });
});

Deno.test("nginx redirects by the map of a collection, and nothing that differs from a URL in case", async () => {
  await withApp(async (app) => {
    const names = ["a.jpg", "A.jpg", "b$1.jpg", "c.jpg?w=1&h=\\2", 'd"$x".jpg', "\u00fc {x}.jpg#part"];
    const long = `long-${"x".repeat(1900)}.jpg`;
    const map = async (url: string) => {
      await put(app, "best", `${url}/best$host.jpg?v="1"`, await copy(30));
      for (const [index, name] of [...names, long].entries()) {
        await put(app, `p${index}`, `${url}/${name}`, await copy(index + 1));
      }
      return await (await app.request("/v1/collections/shop/redirects?format=nginx", {}, HERE)).text();
    };
    await withNginx(map, async (url) => {
      const ask = async (path: string) => {
        const response = await fetch(`${url}/${path}`, { redirect: "manual" });
        await response.body?.cancel();
        return [response.status, response.headers.get("Location")];
      };
      for (const name of [...names, long]) {
        assertEquals(await ask(name), [307, `${url}/best$host.jpg?v=%221%22`], name);
      }
      for (const name of ["best.jpg", "B$1.jpg", "b$2.jpg", "C.jpg?w=1&h=\\2", "e.jpg", ""]) {
        assertEquals((await ask(name))[1], null, name);
      }
    });
  }, { access: access({}) });
});

Deno.test("nginx loads a map in which many URLs differ in case alone", async () => {
  const { entry } = REDIRECT_FORMATS.nginx();
  const map = (url: string) =>
    Promise.resolve(
      Array.from({ length: 64 }, (_, bits) => {
        const name = Array.from("abcdef", (letter, i) => bits >> i & 1 ? letter.toUpperCase() : letter).join(
          "",
        );
        return entry({ id: name, url: `${url}/${name}`, canonicalUrl: `${url}/to?${name}` }, false);
      }).join(""),
    );
  await withNginx(map, async (url) => {
    for (const name of ["abcdef", "AbCdEf", "ABCDEF"]) {
      const response = await fetch(`${url}/${name}`, { redirect: "manual" });
      await response.body?.cancel();
      assertEquals(response.headers.get("Location"), `${url}/to?${name}`);
    }
  });
});
