import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { withBundleServer } from "../bundle/bundle_server.ts";
import { answer, manifest, photo, upload, withApp } from "../test_app.ts";
import { withEdge } from "./edge_process.ts";

const IMAGES = ["base.png", "lossy.webp", "transparent.gif", "plain.avif"];

/** A photo, and a picture of each other kind. */
async function pictures(): Promise<Uint8Array<ArrayBuffer>[]> {
  const files = IMAGES.map((name) => new URL(`../../../fixtures/images/${name}`, import.meta.url));
  return await Promise.all([photo(0), ...files.map((file) => Deno.readFile(file))]);
}

Deno.test("the file for edge platforms embeds every kind as the server does, without workers and without a disk", async () => {
  await withEdge(async ({ url, output }) => {
    await withApp(async ({ request }) => {
      for (const bytes of await pictures()) {
        const there = await answer(await fetch(`${url}/embed/v1/embeddings`, upload(bytes)));
        assertEquals(there, await answer(await request("/v1/embeddings", upload(bytes))));
        const cached = await fetch(`${url}/v1/embeddings/${there.model}/${there.data[0]!.image.sha256}.json`);
        assertEquals(await answer(cached), there);
      }
    });
    const ready = await fetch(`${url}/readyz`);
    assertEquals(ready.status, 200, output);
    assertStringIncludes(await ready.text(), "ready");
  }, { environment: { BASE_PATH: "/embed" } });
});

Deno.test("the file for edge platforms runs on the platform's own onnxruntime where there is one", async () => {
  const before = [new URL("./platform_onnxruntime.ts", import.meta.url).href];
  await withEdge(async ({ url, output }) => {
    assertStringIncludes(output, "the platform's onnxruntime has a session");
    await withApp(async ({ request }) => {
      for (const bytes of await pictures()) {
        const there = await answer(await fetch(`${url}/v1/embeddings`, upload(bytes)));
        assertEquals(there, await answer(await request("/v1/embeddings", upload(bytes))));
      }
    });
  }, { before });
});

Deno.test("the file for edge platforms fetches its bundle from a URL, and ends where that is another one", async () => {
  await withBundleServer(async ({ url: bundle, asked }) => {
    await withEdge(async ({ url }) => {
      const { model } = await answer(await fetch(`${url}/v1/embeddings`, upload(await photo(0))));
      assertEquals(model, manifest.id);
      assertEquals(asked, ["/bundle/manifest.json", "/bundle/encoder.onnx"]);
    }, { bundle: `${bundle}#${manifest.id}` });
    await withEdge(({ url, output }) => {
      assertEquals(url, undefined);
      assertMatch(output, /the one at BUNDLE must have the id after its #, 0{64}: received [0-9a-f]{64}/);
      return Promise.resolve();
    }, { environment: { BUNDLE: `${bundle}#${"0".repeat(64)}` } });
  });
});
