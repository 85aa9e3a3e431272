import { assertEquals } from "@std/assert";
import { startServer } from "../server_process.ts";
import { json, photo, upload } from "../test_app.ts";
import { startPostgres } from "./postgres_server.ts";

Deno.test("deno task start keeps embeddings and jobs in PostgreSQL, over TCP and over a socket, under named permissions", async () => {
  const postgres = await startPostgres();
  await using _ = { [Symbol.asyncDispose]: postgres.close };
  for (const [url, cache] of [[postgres.url, "miss"], [postgres.socketUrl, "hit"]] as const) {
    const server = startServer({
      PORT: "0",
      BUNDLE: "fixtures/bundle",
      STORE_URL: url,
      ALLOW_URLS: "a.invalid",
    });
    const posted = await fetch(await server.url, upload(await photo(0)));
    assertEquals([posted.status, posted.headers.get("X-Cache")], [200, cache]);
    await posted.body?.cancel();
    const filed = await fetch(new URL("/v1/jobs", await server.url), json({ kind: "reembed" }));
    assertEquals([filed.status, await filed.json().then(({ state }) => state)], [202, "waiting"]);
    server.stop("SIGTERM");
    assertEquals((await server.ended).code, 0);
  }
});
