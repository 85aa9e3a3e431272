import { assertEquals } from "@std/assert";
import { createFetchPicture } from "../../../functions/embed/fetch/fetch_picture.ts";
import { createMemoryStore } from "../../../functions/embed/store/memory_store.ts";
import { bulkSchema } from "../../../shared/collections_api.ts";
import { access } from "../access/keys.ts";
import { localNetwork, type TlsServer, withHttps } from "../fetch/tls_server.ts";
import { json, photo, refusal, type TestApp, withApp } from "../test_app.ts";

const HERE = "127.0.0.1";
const LIST = "/v1/collections/shop/images";

function fetching({ port }: TlsServer) {
  return createFetchPicture({
    allowed: [{ hostname: "photos.example.com", port }],
    maxBytes: 100_000,
    maxSeconds: 5,
    maxRedirects: 0,
    network: localNetwork,
  });
}

async function put({ request }: TestApp, images: unknown[]) {
  const response = await request(LIST, json({ images }), HERE);
  assertEquals(response.status, 200);
  return bulkSchema.parse(await response.json()).data;
}

/** Of each entry what came of it: its id and canonical picture, or its code and what was wrong. */
function outcomes(data: Awaited<ReturnType<typeof put>>): unknown[] {
  return data.map((item) =>
    item.object === "error"
      ? [item.id, item.error.code, item.error.param]
      : [item.picture.id, item.canonical.id, item.is_new]
  );
}

Deno.test("POST .../images fetches a list from its URLs, a few at a time, with a result or an error for each", async () => {
  const bytes = await photo(0);
  // Bytes after the end of a JPEG change its SHA-256, and nothing that is seen.
  const pictures: Record<string, Uint8Array<ArrayBuffer>> = {
    "/a.jpg": bytes,
    "/b.jpg": new Uint8Array([...bytes, 0]),
    "/c.jpg": await photo(1),
    "/text": new TextEncoder().encode("no picture"),
  };
  let [underway, most] = [0, 0];
  await withHttps(async (request) => {
    most = Math.max(most, ++underway);
    await new Promise((resolve) => setTimeout(resolve, 30));
    underway--;
    const body = pictures[new URL(request.url).pathname];
    return new Response(body ?? "", { status: body ? 200 : 404 });
  }, async (server) => {
    await withApp(async (app) => {
      const url = (path: string) => `https://photos.example.com:${server.port}${path}`;
      const list = [
        { id: "a", url: url("/a.jpg"), metadata: { shelf: 7 } },
        { id: "b", url: url("/b.jpg") },
        { id: "gone", url: url("/none") },
        { id: "text", url: url("/text") },
        { id: "elsewhere", url: "https://elsewhere.example.com/a.jpg" },
        { id: "plain", url: url("/a.jpg").replace("https", "http") },
        { id: "inward", input: "https://169.254.169.254/latest" },
        { id: "colour", url: url("/a.jpg"), colour: "red" },
        { url: url("/a.jpg") },
        { id: "c", url: url("/c.jpg") },
      ];
      const data = await put(app, list);
      assertEquals(outcomes(data), [
        ["a", "b", true],
        ["b", "b", true],
        ["gone", "url_answer", "images.2.url"],
        ["text", "not_an_image", null],
        ["elsewhere", "url_not_allowed", "images.4.url"],
        ["plain", "invalid_url", "images.5.url"],
        ["inward", "url_not_allowed", "images.6.input"],
        ["colour", "invalid_request", "images.7"],
        [null, "invalid_request", "images.8.id"],
        ["c", "c", true],
      ]);
      assertEquals(data.map(({ index }) => index), list.map((_, index) => index));
      const [first] = data;
      if (first?.object !== "picture") throw new Error("The first picture failed");
      assertEquals([first.picture.url, first.picture.metadata], [list[0]!.url!, { shelf: 7 }]);
      assertEquals(most, 2);
      // Sent again, nothing is there twice; what is known needs no URL.
      const { sha256 } = first.picture.image;
      assertEquals(outcomes(await put(app, [list[1], { id: "again", sha256 }])), [
        ["b", "b", false],
        ["again", "b", true],
      ]);
      assertEquals(app.logged, []);
    }, { access: access({}), fetchPicture: fetching(server) });
  });
});

Deno.test("POST .../images answers when its time is up, and keeps what was put until then", async () => {
  const bytes = await photo(0);
  const hang = new AbortController();
  const hung = new Promise((resolve) => hang.signal.addEventListener("abort", resolve));
  await withHttps(async (request) => {
    if (request.url.endsWith("/slow")) await hung;
    return new Response(bytes);
  }, async (server) => {
    await withApp(async (app) => {
      const url = (path: string) => `https://photos.example.com:${server.port}${path}`;
      const names = ["a", "slow", "slow", "b"];
      const data = await put(
        app,
        names.map((name, index) => ({ id: `${name}${index}`, url: url(`/${name}`) })),
      );
      hang.abort();
      assertEquals(outcomes(data), [
        ["a0", "a0", true],
        ["slow1", "deadline_exceeded", null],
        ["slow2", "deadline_exceeded", null],
        ["b3", "deadline_exceeded", null],
      ]);
    }, { access: access({}), fetchPicture: fetching(server), limits: { bulkSeconds: 2 } });
  });
});

Deno.test("POST .../images refuses what is no list, as a whole", async () => {
  await withApp(async ({ request }) => {
    const refused = async (body: unknown) => {
      const { status, code } = await refusal(await request(LIST, json(body), HERE));
      return [status, code];
    };
    assertEquals(await refused({ images: [] }), [400, "invalid_request"]);
    assertEquals(await refused([{ id: "a" }]), [400, "invalid_request"]);
    assertEquals(await refused({ images: [{ id: "a" }, { id: "a" }] }), [400, "invalid_request"]);
    const many = Array.from({ length: 11 }, (_, index) => ({ id: `${index}` }));
    assertEquals(await refused({ images: many }), [413, "too_many_pictures"]);
  }, { access: access({}) });
  await withApp(async ({ request }) => {
    const images = [{ id: "a", sha256: "0".repeat(64) }];
    const { status, code } = await refusal(await request(LIST, json({ images }), HERE));
    assertEquals([status, code], [404, "no_collections"]);
  }, { access: access({}), store: createMemoryStore(1) });
});
