import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createFetchPicture, type FetchOptions } from "../../../functions/embed/fetch/fetch_picture.ts";
import type { Network } from "../../../functions/embed/fetch/network.ts";
import { isPublicAddress } from "../../../functions/embed/fetch/public_address.ts";
import { RequestError } from "../../../functions/embed/request_errors.ts";
import { answer, batch, dataUri, json, photo, upload, withApp } from "../test_app.ts";
import { localNetwork, type TlsServer, withHttps, withTls } from "./tls_server.ts";

const never = new AbortController().signal;
const encoder = new TextEncoder();

function fetcher({ port }: { port: number }, options: Partial<FetchOptions> = {}) {
  return createFetchPicture({
    allowed: ["photos.example.com", "*.cdn.example.com", "other.example.com"].map((hostname) => ({
      hostname,
      port,
    })),
    maxBytes: 100_000,
    maxSeconds: 5,
    maxRedirects: 2,
    network: localNetwork,
    ...options,
  });
}

/** The class and message of the refusal of a URL. */
async function refused(fetchPicture: ReturnType<typeof fetcher>, url: string): Promise<[string, string]> {
  const { name, message, param } = await assertRejects(() => fetchPicture(url, "input", never), RequestError);
  assertEquals(param, "input");
  return [name, message];
}

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

Deno.test("fetchPicture() checks every redirect as it checks a URL", async () => {
  let target = "";
  await withHttps(() => redirect(302, target), async (server) => {
    const network: Network = {
      ...localNetwork,
      resolve: (host) => Promise.resolve(host === "other.example.com" ? ["10.0.0.1"] : ["127.0.0.1"]),
    };
    const fetchPicture = fetcher(server, { network });
    for (
      const [location, name] of [
        [`http://photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["file:///etc/passwd", "InvalidUrlError"],
        [`https://me:secret@photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["https://photos.example.com/", "UrlNotAllowedError"],
        ["https://169.254.169.254/latest/meta-data/", "UrlNotAllowedError"],
        [`//127.0.0.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://other.example.com:${server.port}/`, "AddressNotPublicError"],
      ] as const
    ) {
      target = location;
      const before = server.seen.connections;
      assertEquals(
        (await refused(fetchPicture, `https://photos.example.com:${server.port}/`))[0],
        name,
        location,
      );
      assertEquals(server.seen.connections, before + 1, location);
    }
  });
});

Deno.test("fetchPicture() refuses URLs that are not allowed before it connects to anything", async () => {
  await withTls(() => Promise.resolve(), async (server) => {
    const fetchPicture = fetcher(server);
    for (
      const [url, name] of [
        [`http://photos.example.com:${server.port}/a.jpg`, "InvalidUrlError"],
        ["ftp://photos.example.com/a.jpg", "InvalidUrlError"],
        ["file:///etc/passwd", "InvalidUrlError"],
        ["https:", "InvalidUrlError"],
        [`https://user@photos.example.com:${server.port}/`, "InvalidUrlError"],
        [`https://user:pass@photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["https://photos.example.com/a.jpg", "UrlNotAllowedError"],
        [`https://photos.example.com.:${server.port}/`, "UrlNotAllowedError"],
        [`https://127.0.0.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://2130706433:${server.port}/`, "UrlNotAllowedError"],
        [`https://0x7f.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://[::1]:${server.port}/`, "UrlNotAllowedError"],
        [`https://[::ffff:127.0.0.1]:${server.port}/`, "UrlNotAllowedError"],
        [`https://localhost:${server.port}/`, "UrlNotAllowedError"],
        [`https://photos.example.com@evil.example:${server.port}/`, "InvalidUrlError"],
        [`https://evil.example:${server.port}/?photos.example.com`, "UrlNotAllowedError"],
      ] as const
    ) {
      assertEquals((await refused(fetchPicture, url))[0], name, url);
    }
    assertEquals(server.seen, { connections: 0, bytes: 0 });
  });
});

Deno.test("fetchPicture() connects to no name that has a private address, alone or beside public ones", async () => {
  await withTls(() => Promise.resolve(), async (server) => {
    for (
      const addresses of [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::ffff:10.0.0.1"], [
        "fe80::1%1",
      ]]
    ) {
      const network = {
        ...localNetwork,
        resolve: () => Promise.resolve(addresses),
        isPublic: isPublicAddress,
      };
      const url = `https://photos.example.com:${server.port}/`;
      const [name, message] = await refused(fetcher(server, { network }), url);
      assertEquals(name, "AddressNotPublicError");
      for (const address of addresses) assert(!message.includes(address));
    }
    assertEquals(server.seen, { connections: 0, bytes: 0 });
  });
});

Deno.test("fetchPicture() sends nothing to a name that was public when asked and is private when connected to", async () => {
  const seen: (number | null)[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const conn of listener) {
      seen.push(await conn.read(new Uint8Array(100)));
      conn.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const network = {
    ...localNetwork,
    resolve: () => Promise.resolve(["93.184.216.34"]),
    isPublic: isPublicAddress,
  };
  const [name] = await refused(fetcher({ port }, { network }), `https://photos.example.com:${port}/`);
  assertEquals(name, "AddressNotPublicError");
  await new Promise((resolve) => setTimeout(resolve, 50));
  listener.close();
  await accepting;
  assertEquals(seen, [null]);
});

Deno.test("fetchPicture() holds a server's certificate against the name", async () => {
  await withHttps(() => new Response("GIF89a"), async (server) => {
    const [name, message] = await refused(fetcher(server), `https://other.example.com:${server.port}/`);
    assertEquals(name, "UrlUnreachableError");
    assertStringIncludes(message, "certificate");
    assertEquals(server.seen.connections, 0);
  });
});

/** What a server may send, and the refusal that it leads to. */
const wrongAnswers: [what: string, head: string, body: Uint8Array, name: string, part: string][] = [
  [
    "404",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 3",
    encoder.encode("404"),
    "UrlAnswerError",
    "status 404",
  ],
  ["a redirect to nowhere", "HTTP/1.1 302 Found", encoder.encode(""), "UrlAnswerError", "status 302"],
  ["204", "HTTP/1.1 204 No Content", encoder.encode(""), "UrlAnswerError", "status 204"],
  ["gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip", encoder.encode("x"), "UrlAnswerError", "gzip"],
  [
    "a length above the limit",
    "HTTP/1.1 200 OK\r\nContent-Length: 100001",
    encoder.encode("GIF89a"),
    "UrlTooLargeError",
    "100000",
  ],
  ["more bytes than the limit", "HTTP/1.1 200 OK", pictureOf(100_001), "UrlTooLargeError", "100000"],
  [
    "less than it announced",
    "HTTP/1.1 200 OK\r\nContent-Length: 100",
    encoder.encode("GIF89a"),
    "UrlUnreachableError",
    "EOF",
  ],
  [
    "a chunk that is cut off",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
    encoder.encode("9\r\nGIF"),
    "UrlUnreachableError",
    "EOF",
  ],
  ["no HTTP", "SSH-2.0-OpenSSH_9.9", encoder.encode(""), "UrlUnreachableError", "Parse Error"],
  [
    "a head without end",
    `HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(500_000)}`,
    encoder.encode(""),
    "UrlUnreachableError",
    "header size",
  ],
  [
    "the size of a chunk without end",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
    new Uint8Array(500_000).fill(48),
    "UrlUnreachableError",
    "131072 bytes",
  ],
];

for (const [what, head, body, name, part] of wrongAnswers) {
  Deno.test(`fetchPicture() refuses a server that sends ${what}`, async () => {
    await withTls((conn) => send(conn, head, body), async (server) => {
      const [received, message] = await refused(fetcher(server), urlOf(server));
      assertEquals(received, name, message);
      assertStringIncludes(message, part);
    });
  });
}

Deno.test("fetchPicture() reads bodies in chunks, up to the end, of a length, and after early hints", async () => {
  const bytes = await photo(0);
  const chunked = [bytes.subarray(0, 1000), bytes.subarray(1000)].flatMap((part) => [
    ...encoder.encode(`${part.length.toString(16)}\r\n`),
    ...part,
    ...encoder.encode("\r\n"),
  ]);
  for (
    const [head, body] of [
      [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
        Uint8Array.from([...chunked, ...encoder.encode("0\r\n\r\n")]),
      ],
      ["HTTP/1.0 200 OK", bytes],
      [`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}`, bytes],
      [
        `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}`,
        bytes,
      ],
    ] as const
  ) {
    await withTls((conn) => send(conn, head, body), async (server) => {
      assertEquals(await fetcher(server)(urlOf(server), "input", never), bytes);
    });
  }
});

Deno.test("fetchPicture() reads no more of what is no picture than its beginning", async () => {
  let sent = 0;
  await withTls(async (conn) => {
    await send(conn, "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg", encoder.encode("<html>"));
    for (; sent < 50_000_000; sent += 10_000) await conn.write(new Uint8Array(10_000).fill(32));
  }, async (server) => {
    const bytes = await fetcher(server, { maxBytes: 100_000_000 })(urlOf(server), "input", never);
    assert(bytes.length < 100_000, `${bytes.length} bytes were read`);
  });
  assert(sent < 20_000_000, `${sent} bytes were sent`);
});

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

Deno.test("fetchPicture() says that a host does not listen", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const [name, message] = await refused(fetcher({ port }), `https://photos.example.com:${port}/`);
  assertEquals(name, "UrlUnreachableError");
  assertStringIncludes(message, "refused");
});

function redirect(status: number, location: string): Response {
  return new Response(null, { status, headers: { Location: location } });
}

function urlOf({ port }: TlsServer): string {
  return `https://photos.example.com:${port}/photo.jpg`;
}

async function send(conn: Deno.TlsConn, head: string, body: Uint8Array): Promise<void> {
  const writer = conn.writable.getWriter();
  await writer.write(encoder.encode(`${head}\r\n\r\n`));
  if (body.length > 0) await writer.write(body as Uint8Array<ArrayBuffer>);
  writer.releaseLock();
}

/** Bytes that begin like a GIF. */
function pictureOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(encoder.encode("GIF89a"));
  return bytes;
}
