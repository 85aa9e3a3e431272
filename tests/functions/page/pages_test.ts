import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { bundleResponseSchema } from "../../../shared/api.ts";
import * as client from "../../../shared/client.ts";
import { access, KEYS } from "../access/keys.ts";
import { manifest, withApp } from "../test_app.ts";

Deno.test("GET / answers a page that may load nothing from elsewhere, and run nothing that is inline", async () => {
  await withApp(async ({ request }) => {
    const page = await request("/");
    assertEquals([page.status, page.headers.get("Content-Type")], [200, "text/html; charset=utf-8"]);
    const policy = page.headers.get("Content-Security-Policy")!;
    assertStringIncludes(policy, "default-src 'none'");
    assertStringIncludes(policy, "script-src 'self';");
    assertStringIncludes(policy, "style-src 'self';");
    assert(!policy.includes("unsafe"), policy);
    assertEquals(page.headers.get("Set-Cookie"), null);

    const named = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path!);
    assert(named.length > 5);
    for (const path of new Set(named)) {
      const response = await request(path);
      assertEquals([path, response.status], [path, 200]);
      await response.body?.cancel();
    }
  });
});

Deno.test("every script of the page is served, with all that it imports", async () => {
  await withApp(async ({ request }) => {
    const seen = new Set(["/page/main.ts", "/page/admin.ts"]);
    for (const path of seen) {
      const response = await request(path);
      assertEquals([path, response.status], [path, 200]);
      assertEquals(response.headers.get("Content-Type"), "text/javascript; charset=utf-8");
      for (const [, name] of (await response.text()).matchAll(/^(?:import|\}) .*from "([^"]+)";$/gm)) {
        seen.add(new URL(name!, `http://localhost${path}`).pathname);
      }
    }
    assert(seen.has("/client.js") && seen.size > 5);
  });
});

Deno.test("GET /client.js answers a module without types for pages of every origin, checked again each time", async () => {
  await withApp(async ({ request }) => {
    const response = await request("/client.js", { headers: { Origin: "https://shop.example" } });
    assertEquals(response.headers.get("Access-Control-Allow-Origin"), "*");
    assertEquals(response.headers.get("Cache-Control"), "no-cache");
    assertEquals(response.headers.get("X-TypeScript-Types"), "/client.ts");
    const javascript = await response.text();
    const served = await import(`data:text/javascript,${encodeURIComponent(javascript)}`);
    assertMatch(String(served.Lookalike), /^class Lookalike/);
    assertEquals(Object.keys(served), Object.keys(client));
    assert(!javascript.includes("interface "));

    const again = await request("/client.js", {
      headers: { "If-None-Match": response.headers.get("ETag")! },
    });
    assertEquals([again.status, await again.text()], [304, ""]);
    const typescript = await (await request("/client.ts")).text();
    assertEquals(typescript.split("\n").length, javascript.split("\n").length);
  }, { access: access(KEYS) });
});

Deno.test("GET /client.ts answers one file that imports nothing, with its types", async () => {
  await withApp(async ({ request }) => {
    const folder = await Deno.makeTempDir();
    const typescript = await (await request("/client.ts")).text();
    assertEquals(/^(import|export) .*from /m.exec(typescript), null);
    await Deno.writeTextFile(join(folder, "client.ts"), typescript);
    await Deno.writeTextFile(
      join(folder, "use.ts"),
      `import * as served from "./client.ts";
import * as client from ${JSON.stringify(import.meta.resolve("../../../shared/client.ts"))};
served satisfies Pick<typeof client, "similarity" | "groupCopies">;
const options: client.ClientOptions = {} as served.ClientOptions;
const embedding: client.Embedding = await new served.Lookalike(options).embed({} as served.Picture);
const bundle: client.BundleInfo = {} as served.BundleInfo;
console.log(embedding, bundle);
`,
    );
    const { success, stderr } = await new Deno.Command("deno", { args: ["check", "use.ts"], cwd: folder })
      .output();
    assert(success, new TextDecoder().decode(stderr));
    await Deno.remove(folder, { recursive: true });
  });
});

Deno.test("GET /v1/bundle says that dimensions come in order of importance when the encoder whitens", async () => {
  const whitening = { pictures: 100 };
  for (const embedding of [manifest.embedding, { ...manifest.embedding, whitening }]) {
    await withApp(async ({ request }) => {
      const { dimensionsOrdered } = bundleResponseSchema.parse(await (await request("/v1/bundle")).json());
      assertEquals(dimensionsOrdered, "whitening" in embedding);
    }, { manifest: { ...manifest, embedding } });
  }
});

Deno.test("GET /v1/bundle answers without a key, and whether lookups need one", async () => {
  for (const PUBLIC_LOOKUP of ["true", "false"]) {
    await withApp(async ({ request }) => {
      const response = await request("/v1/bundle");
      const bundle = bundleResponseSchema.parse(await response.json());
      assertEquals([bundle.id, bundle.copyThreshold], [manifest.id, manifest.similarity.copyThreshold]);
      assertEquals(String(bundle.publicLookup), PUBLIC_LOOKUP);
    }, { access: access({ ...KEYS, PUBLIC_LOOKUP }) });
  }
});
