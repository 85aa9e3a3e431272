import { assert, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import { collectionsSchema, picturesSchema } from "../../../shared/collections_api.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { resize } from "../../../shared/image/resize.ts";
import { access, KEYS } from "../access/keys.ts";
import { photo, refusal, type TestApp, withApp } from "../test_app.ts";

/** This machine, where everything is open as long as there are no keys. */
const HERE = "127.0.0.1";

async function withPictures(
  use: (app: TestApp) => Promise<void>,
  others?: Parameters<typeof withApp>[1],
): Promise<void> {
  await withApp(async (app) => {
    for (const [number, id] of ["c", "a/1", "b"].entries()) {
      const response = await app.request(`/v1/collections/shop/images/${encodeURIComponent(id)}`, {
        method: "PUT",
        body: await photo(number),
      }, HERE);
      assertEquals(response.status, 201, await response.text());
    }
    await use(app);
  }, { access: access({}), ...others });
}

Deno.test("GET /v1/collections names them, to who may read them all", async () => {
  await withPictures(async ({ request }) => {
    const { data } = collectionsSchema.parse(await (await request("/v1/collections", {}, HERE)).json());
    assertEquals(data, [{ name: "shop" }]);
  });
  await withApp(async ({ request }) => {
    assertEquals((await refusal(await request("/v1/collections"))).code, "missing_api_key");
  }, { access: access({ ...KEYS, PUBLIC_COLLECTIONS: "*" }) });
});

Deno.test("GET .../images has every picture once, page by page, by id", async () => {
  await withPictures(async ({ request }) => {
    const page = async (query: string) =>
      picturesSchema.parse(await (await request(`/v1/collections/shop/images?${query}`, {}, HERE)).json());
    const [first, second] = [await page("limit=2"), await page("limit=2&after=b")];
    assertEquals([first.data.map(({ id }) => id), first.next], [["a/1", "b"], "b"]);
    assertEquals([second.data.map(({ id }) => id), second.next], [["c"], null]);
    const none = await request("/v1/collections/none/images", {}, HERE);
    assertEquals((await refusal(none)).code, "unknown_collection");
    const wrong = await request("/v1/collections/shop/images?limit=0", {}, HERE);
    assertEquals((await refusal(wrong)).code, "invalid_parameter");
  });
});

Deno.test("GET .../thumbnail is the picture, small: in its colours and its shape", async () => {
  await withPictures(async ({ request }) => {
    const response = await request("/v1/collections/shop/images/c/thumbnail", {}, HERE);
    assertEquals([response.status, response.headers.get("Content-Type")], [200, "image/png"]);
    assert(response.headers.get("Surrogate-Key")!.includes("picture-"));
    const small = decode(new Uint8Array(await response.arrayBuffer()));
    const { pixels } = await decodeImage(await photo(0), { maxPixels: 1e7 });
    assertEquals(Math.min(small.width, small.height), 64);
    assertEquals(Math.round(64 * pixels.width / pixels.height), small.width);
    // What is kept has half of the colours' places, and rounds: some levels of 255.
    const expected = resize(pixels, small.width, small.height).data;
    const off = Uint8Array.from(small.data).reduce(
      (sum, value, at) => sum + Math.abs(value - expected[at]!),
      0,
    );
    assert(off / small.data.length < 4, String(off / small.data.length));
    const tag = response.headers.get("ETag")!;
    const again = await request("/v1/collections/shop/images/c/thumbnail", {
      headers: { "If-None-Match": tag },
    }, HERE);
    assertEquals(again.status, 304);
    await again.body?.cancel();
  });
});

Deno.test("GET .../thumbnail says so where there is no picture, or none of its thumbnail", async () => {
  const store = openSqliteStore(undefined);
  await withPictures(async ({ request }) => {
    const of = async (id: string) =>
      (await refusal(await request(`/v1/collections/shop/images/${id}/thumbnail`, {}, HERE))).code;
    assertEquals(await of("none"), "unknown_picture");
    assertEquals(await of("c"), "no_thumbnail");
  }, {
    // As one that was made by an earlier program.
    store: Object.assign(store, {
      traces: () => Promise.resolve({ bytes: 1, thumbnail: new Uint8Array(10) }),
    }),
  });
});
