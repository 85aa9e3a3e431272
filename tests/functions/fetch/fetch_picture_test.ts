import { assertEquals, assertStringIncludes } from "@std/assert";
import { answer, batch, dataUri, json, photo, upload, withApp } from "../test_app.ts";
import { encoder, fetcher, never, redirect, refused } from "./fetcher.ts";
import { withHttps } from "./tls_server.ts";

Deno.test("POST /v1/embeddings takes pictures by their URLs, one and many", async () => {
  const bytes = await photo(0);
  await withHttps(() => new Response(bytes), async (server) => {
    const url = `https://photos.example.com:${server.port}/photo.jpg?size=2`;
    await withApp(async ({ request }) => {
      const expected = await answer(await request("/v1/embeddings", upload(bytes)));
      for (const input of [url, { image: url }, { type: "image_url", image_url: { url } }]) {
        assertEquals(await answer(await request("/v1/embeddings", json({ input }))), expected);
      }
      const input = [url, "https://elsewhere.example.com/a.jpg", dataUri(bytes), url];
      const { data } = await batch(await request("/v1/embeddings", json({ input })));
      assertEquals(
        data.map((item) => item.object === "error" ? [item.error.code, item.error.param] : item.image),
        [0, 1, 2, 3].map((i) => i === 1 ? ["url_not_allowed", "input.1"] : expected.data[0]!.image),
      );
    }, { fetchPicture: fetcher(server) });
  });
});

Deno.test("fetchPicture() asks as a client for pictures, without cookies, referrer or compression", async () => {
  let headers: [string, string][] = [];
  await withHttps((request) => {
    headers = [...request.headers];
    assertEquals(new URL(request.url).pathname + new URL(request.url).search, "/a%20b/%C3%BC.jpg?x=1&y");
    return new Response("GIF89a");
  }, async (server) => {
    const url = `https://photos.example.com:${server.port}/a b/\u00fc.jpg?x=1&y#part`;
    assertEquals(await fetcher(server)(url, "input", never), encoder.encode("GIF89a"));
    assertEquals(headers.map(([name]) => name), [
      "accept",
      "accept-encoding",
      "connection",
      "host",
      "user-agent",
    ]);
  });
});

Deno.test("fetchPicture() follows redirects to allowed hosts, and no more than the limit", async () => {
  const bytes = await photo(0);
  await withHttps((request) => {
    const { pathname, port } = new URL(request.url);
    if (pathname === "/1") return redirect(301, `https://a.cdn.example.com:${port}/2`);
    if (pathname === "/2") return redirect(307, "/3");
    if (pathname === "/loop") return redirect(302, "/loop");
    return new Response(bytes);
  }, async (server) => {
    const fetchPicture = fetcher(server);
    assertEquals(await fetchPicture(`https://photos.example.com:${server.port}/1`, "input", never), bytes);
    const [name, message] = await refused(fetchPicture, `https://photos.example.com:${server.port}/loop`);
    assertEquals(name, "UrlAnswerError");
    assertStringIncludes(message, "at most 2 redirects");
    assertEquals(server.seen.connections, 6);
  });
});

Deno.test("fetchPicture() says that a host does not listen", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const [name, message] = await refused(fetcher({ port }), `https://photos.example.com:${port}/`);
  assertEquals(name, "UrlUnreachableError");
  assertStringIncludes(message, "refused");
});
