import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encoder, fetcher, refused, send, urlOf } from "./fetcher.ts";
import { localNetwork, withTls } from "./tls_server.ts";

Deno.test("fetchPicture() gives up after its time, wherever a server hangs", async () => {
  const hang = () => new Promise<void>((resolve) => setTimeout(resolve, 600));
  for (
    const answer of [
      hang,
      async (conn: Deno.TlsConn) => (await conn.write(encoder.encode("HTTP/1.1 200 OK\r\n")), await hang()),
      async (
        conn: Deno.TlsConn,
      ) => (await send(conn, "HTTP/1.1 200 OK", encoder.encode("GIF89a")), await hang()),
    ]
  ) {
    await withTls(answer, async (server) => {
      const started = performance.now();
      const [name, message] = await refused(fetcher(server, { maxSeconds: 0.2 }), urlOf(server));
      assertEquals(name, "UrlUnreachableError");
      assertStringIncludes(message, "within 0.2 s");
      assert(performance.now() - started < 500);
    });
  }
});

Deno.test("fetchPicture() gives up a name or a handshake that takes too long", async () => {
  const forever = new Promise<never>(() => {});
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  for (const network of [{ ...localNetwork, resolve: () => forever }, localNetwork]) {
    const [name] = await refused(
      fetcher({ port }, { network, maxSeconds: 0.2 }),
      `https://photos.example.com:${port}/`,
    );
    assertEquals(name, "UrlUnreachableError");
  }
  listener.close();
});

Deno.test("fetchPicture() stops when its caller does", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let closed = false;
  await withTls(async (conn) => {
    resolve();
    closed = await conn.read(new Uint8Array(10)) === null;
  }, async (server) => {
    const caller = new AbortController();
    const fetching = fetcher(server)(urlOf(server), "input", caller.signal);
    await asked;
    caller.abort(new Error("the caller has gone"));
    await assertRejects(() => fetching, Error, "the caller has gone");
  });
  assert(closed);
});
