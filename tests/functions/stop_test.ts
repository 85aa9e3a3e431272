import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { startServer } from "./server_process.ts";
import { photo } from "./test_app.ts";

const SETTINGS = {
  PORT: "0",
  BUNDLE: "fixtures/bundle",
  STORE_URL: "sqlite::memory:",
  ALLOW_ANONYMOUS: "true",
  WORKERS: "1",
};

/** An upload of a photo of which the last byte is not sent yet. */
async function beginUpload(port: number): Promise<{ connection: Deno.Conn; last: Uint8Array }> {
  const bytes = await photo(0);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = `POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(head));
  await writer.write(bytes.subarray(0, -1));
  writer.releaseLock();
  return { connection, last: bytes.subarray(-1) };
}

/** All that comes until the other end closes. */
async function readAll(connection: Deno.Conn): Promise<string> {
  try {
    return await new Response(connection.readable).text();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return "";
    throw error;
  }
}

Deno.test("a server that is told to stop answers what is under way, refuses what comes, and ends with success", async () => {
  const server = startServer(SETTINGS);
  const url = new URL(await server.url);
  const upload = await beginUpload(Number(url.port));
  await delay(200);
  const stopped = performance.now();
  server.stop("SIGTERM");
  await delay(200);
  const refused = await fetch(new URL("/readyz", url));
  assertEquals([refused.status, refused.headers.get("Retry-After")], [503, "1"]);
  assertEquals((await refused.json()).error.code, "stopping");
  const alive = await fetch(new URL("/healthz", url));
  assertEquals(alive.status, 200);
  await alive.body?.cancel();

  await upload.connection.write(upload.last);
  const answer = await readAll(upload.connection);
  assertStringIncludes(answer, "HTTP/1.1 200 OK");
  assertStringIncludes(answer, '"object":"embedding"');
  const { code, output } = await server.ended;
  assertEquals(code, 0, output);
  assert(performance.now() - stopped < 4000);
});

Deno.test("a server that is told to stop ends within five seconds, whatever a caller does", async () => {
  const server = startServer(SETTINGS);
  const { connection } = await beginUpload(Number(new URL(await server.url).port));
  await delay(200);
  const stopped = performance.now();
  server.stop("SIGTERM");
  assertEquals(await readAll(connection), "");
  const { code } = await server.ended;
  assertEquals(code, 0);
  const seconds = (performance.now() - stopped) / 1000;
  assert(seconds > 4 && seconds < 5.5, `${seconds} s`);
});
