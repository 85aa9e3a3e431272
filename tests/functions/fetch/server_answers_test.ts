import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { photo } from "../test_app.ts";
import { encoder, fetcher, never, refused, send, urlOf } from "./fetcher.ts";
import { withTls } from "./tls_server.ts";

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

/** Bytes that begin like a GIF. */
function pictureOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(encoder.encode("GIF89a"));
  return bytes;
}
