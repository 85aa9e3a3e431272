import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { KEYS, METRICS, SECRET, sentWith } from "../access/keys.ts";
import { startServer } from "../server_process.ts";
import { answer, photo, upload } from "../test_app.ts";

Deno.test("deno task start with keys, at a public address and LOG_LEVEL=debug logs JSON, and counts under its permissions", async () => {
  const server = startServer({
    ...KEYS,
    PORT: "0",
    HOST: "0.0.0.0",
    BUNDLE: "fixtures/bundle",
    STORE_URL: "sqlite::memory:",
    LOG_LEVEL: "debug",
  });
  const url = (await server.url).replace("0.0.0.0", "127.0.0.1");
  assertEquals((await fetch(url, upload(await photo(0)))).status, 401);
  await answer(await fetch(url, { ...upload(await photo(0)), headers: sentWith(SECRET) }));
  const metrics = await fetch(new URL("/metrics", url), { headers: sentWith(METRICS) });
  assertStringIncludes(await metrics.text(), 'lookalike_stage_seconds_count{stage="infer"} 1');
  server.stop("SIGTERM");
  const { code, output } = await server.ended;
  assertEquals(code, 0);
  const lines: Record<string, unknown>[] = output.trimEnd().split("\n").slice(1).map((line) =>
    JSON.parse(line)
  );
  assertEquals(
    lines.map(({ level, message, route, status, code, key }) => [level, message, route, status, code, key]),
    [
      ["info", "request", "/v1/embeddings", 401, "missing_api_key", undefined],
      ["info", "request", "/v1/embeddings", 200, undefined, "backend"],
      ["debug", "request", "/metrics", 200, undefined, "prometheus"],
    ],
  );
  for (const { time } of lines) assertMatch(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});
