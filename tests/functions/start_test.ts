import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { AUTHORITY, withBundleServer } from "./bundle/bundle_server.ts";
import { startServer } from "./server_process.ts";
import { answer, batch, json, manifest, photo, upload } from "./test_app.ts";

const BUNDLE = "fixtures/bundle";

Deno.test({
  name:
    "deno task start serves under named permissions, keeps its cache, bears broken uploads, and ends well on a signal",
  async fn() {
    const folder = await Deno.makeTempDir();
    const settings = {
      PORT: "0",
      BUNDLE,
      STORE_URL: `sqlite://${join(folder, "store", "embeddings.db")}`,
      LOG_LEVEL: "warn",
    };
    let expected;
    for (const [signal, cache] of [["SIGTERM", "miss"], ["SIGINT", "hit"]] as const) {
      const server = startServer(settings);
      const url = await server.url;
      assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/v1\/embeddings$/);
      const posted = await fetch(url, upload(await photo(0)));
      assertEquals(posted.headers.get("X-Cache"), cache);
      const location = new URL(posted.headers.get("Content-Location")!, url);
      const embedded = await answer(posted);
      assertEquals(embedded.model, manifest.id);
      assertEquals(await answer(await fetch(location)), embedded);
      expected ??= embedded;
      assertEquals(embedded, expected);
      await hangUp(Number(new URL(url).port));
      server.stop(signal);
      const { code, output } = await server.ended;
      assertEquals([code, output], [
        0,
        `Lookalike is ready: ${url}, with a page to try it at ${new URL(url).origin}\n`,
      ]);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("deno task start may connect to the hosts of ALLOW_URLS, and to none without it", async () => {
  // A name that no resolver knows: what is seen here is that the server may ask for it.
  const input = ["https://pictures.invalid/a.jpg", "https://elsewhere.invalid/a.jpg"];
  for (
    const [urls, codes] of [
      ["*.cdn.invalid,pictures.invalid", ["url_unreachable", "url_not_allowed"]],
      ["", ["urls_disabled", "urls_disabled"]],
    ] as const
  ) {
    const server = startServer({
      PORT: "0",
      BUNDLE,
      STORE_URL: "sqlite::memory:",
      ALLOW_ANONYMOUS: "true",
      ALLOW_URLS: urls,
    });
    const { data } = await batch(await fetch(await server.url, json({ input })));
    const errors = data.map((item) => item.object === "error" ? item.error : undefined);
    assertEquals(errors.map((error) => error?.code), [...codes]);
    if (urls) assertMatch(errors[0]!.message, /ENOTFOUND|EAI_AGAIN/);
    server.stop("SIGTERM");
    assertEquals((await server.ended).code, 0);
  }
});

Deno.test("deno task start fetches a bundle that is at a URL, and may connect to its host alone", async () => {
  await withBundleServer(async ({ url: bundle, asked }) => {
    const server = startServer({
      ...{ PORT: "0", BUNDLE: `${bundle}#${manifest.id}`, STORE_URL: "sqlite::memory:", LOG_LEVEL: "warn" },
      DENO_CERT: AUTHORITY,
    });
    const { model } = await answer(await fetch(await server.url, upload(await photo(0))));
    assertEquals(model, manifest.id);
    assertEquals(asked, ["/bundle/manifest.json", "/bundle/encoder.onnx"]);
    server.stop("SIGTERM");
    assertEquals((await server.ended).code, 0);
  });
});

/** Starts an upload, and breaks it off. */
async function hangUp(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const head =
    "POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n";
  await connection.write(new TextEncoder().encode(`${head}cut`));
  await new Promise((resolve) => setTimeout(resolve, 100));
  connection.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

Deno.test("deno task start says in a sentence why it cannot start", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String((taken.addr as Deno.NetAddr).port);
  const store = "sqlite::memory:";
  for (
    const [settings, sentence] of [
      [
        { PORT: port, BUNDLE, STORE_URL: store },
        `HOST and PORT must be free to listen on: received 127.0.0.1:${port}`,
      ],
      [
        { PORT: "http", BUNDLE, STORE_URL: store },
        'PORT must be a whole number from 0 (any free port) to 65535: received "http"',
      ],
      [
        { PORT: "0", BUNDLE: "fixtures/none", STORE_URL: store },
        "BUNDLE must be a folder with manifest.json and encoder.onnx",
      ],
      [
        { PORT: "0", BUNDLE: "http://bundles.example/first", STORE_URL: store },
        'or https://host/path, #id after it or not: received "http://bundles.example/first"',
      ],
      [
        { PORT: "0", BUNDLE: "https://127.0.0.1:1/first", STORE_URL: store },
        "the host of BUNDLE must answer with manifest.json within 60 s: received https://127.0.0.1:1/first/",
      ],
      [
        { PORT: "0", BUNDLE, STORE_URL: "sqlite:///dev/null/a.db" },
        "STORE_URL must name a SQLite file that can be read and written",
      ],
      [
        { PORT: "0", HOST: "0.0.0.0", BUNDLE, STORE_URL: store },
        "HOST must be an address that only this machine can reach",
      ],
    ] as const
  ) {
    const { code, output } = await startServer(settings).ended;
    assertEquals(code, 1);
    assertStringIncludes(output, sentence);
    assertEquals(output.trimEnd().split("\n").length, 1, output);
  }
  taken.close();
});
