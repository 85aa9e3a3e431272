import { assertEquals, assertStringIncludes } from "@std/assert";
import { readSettings } from "../../../functions/embed/settings.ts";
import { bundlesSchema, currentSchema } from "../../../shared/bundles_api.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { candidate } from "../../shared/registry/candidates.ts";
import { type Followed, withRegistry } from "./followed_registry.ts";
import { refusal, type TestApp, withApp } from "../test_app.ts";

const hash = async (key: string) => await sha256Hex(new TextEncoder().encode(key));
const KEYS = `reader sha256:${await hash("r")} bundles-read; operator sha256:${await hash(
  "o",
)} bundles-read bundles-write`;
const { access } = readSettings((name) => ({ API_KEYS: KEYS })[name as "API_KEYS"]);

/** Runs `use` with an endpoint that follows a registry, and a key that may do everything there. */
async function withBundles(
  use: (given: Followed & { app: TestApp; ask: TestApp["request"] }) => Promise<void>,
): Promise<void> {
  await withRegistry(async (followed) => {
    await withApp(async (app) => {
      const ask: TestApp["request"] = (path, init) =>
        app.request(path, { headers: { Authorization: "Bearer o" }, ...init });
      await use({ ...followed, app, ask });
    }, { ...followed.dependencies, access });
  });
}

Deno.test("GET /v1/bundles tells every bundle's standing and figures, and what was changed", async () => {
  await withBundles(async ({ ask, ids }) => {
    const { data, changes } = bundlesSchema.parse(await (await ask("/v1/bundles")).json());
    const standings = data.map((
      { id, standing, serving, collections },
    ) => [id, standing, serving, collections]);
    assertEquals(
      standings.toSorted(),
      [
        [ids[0], "previous", false, false],
        [ids[1], "current", true, true],
        [ids[2], "refused", false, false],
      ].toSorted(),
    );
    const refused = data.find(({ id }) => id === ids[2])!;
    assertEquals(refused.comparison, (await candidate(3, 0.4)).comparison);
    assertEquals([refused.dimensions, refused.training?.method], [32, data[0]!.training?.method]);
    assertEquals(changes.map(({ action, bundle }) => [action, bundle]), [
      ["promote", ids[0]],
      ["promote", ids[1]],
    ]);
  });
});

Deno.test("DELETE /v1/bundles/current rolls back and PUT .../{id}/current promotes; the endpoint serves it at once", async () => {
  await withBundles(async ({ ask, ids }) => {
    const served = async () => (await (await ask("/healthz")).json()).bundle;
    const back = await ask("/v1/bundles/current", { method: "DELETE" });
    assertEquals([currentSchema.parse(await back.json()).current, await served()], [ids[0], ids[0]]);
    const { status, code } = await refusal(await ask("/v1/bundles/current", { method: "DELETE" }));
    assertEquals([status, code], [409, "registry_conflict"]);
    const again = await ask(`/v1/bundles/${ids[1]}/current`, { method: "PUT" });
    assertEquals([currentSchema.parse(await again.json()).current, await served()], [ids[1], ids[1]]);
  });
});

Deno.test("PUT /v1/bundles/{id}/current says what stands against it, and changes nothing", async () => {
  await withBundles(async ({ ask, ids, objects, registry }) => {
    const broken = await registry.publish(await candidate(4));
    await objects.put(`bundles/${broken}/encoder.onnx`, new Uint8Array(10));
    for (
      const [id, status, code] of [
        [ids[2], 409, "bundle_refused"],
        [broken, 409, "bundle_broken"],
        ["0".repeat(64), 404, "unknown_bundle"],
        ["nonsense", 400, "invalid_parameter"],
      ] as const
    ) {
      const refused = await refusal(await ask(`/v1/bundles/${id}/current`, { method: "PUT" }));
      assertEquals([refused.status, refused.code], [status, code]);
      if (code === "bundle_refused") assertStringIncludes(refused.message, "must be at least 0.5");
    }
    assertEquals((await (await ask("/healthz")).json()).bundle, ids[1]);
  });
});

Deno.test("the bundles need keys with their rights, are for no page that nobody allowed, and a registry", async () => {
  await withBundles(async ({ app: { request }, ids }) => {
    const by = (key: string, method = "GET") => ({ method, headers: { Authorization: `Bearer ${key}` } });
    assertEquals((await request("/v1/bundles")).status, 401);
    assertEquals((await request("/v1/bundles", by("r"))).status, 200);
    for (const [path, method] of [["current", "DELETE"], [`${ids[0]}/current`, "PUT"]] as const) {
      const { code } = await refusal(await request(`/v1/bundles/${path}`, by("r", method)));
      assertEquals(code, "missing_right");
      const preflight = await request(`/v1/bundles/${path}`, {
        method: "OPTIONS",
        headers: { Origin: "https://elsewhere.example", "Access-Control-Request-Method": method },
      });
      assertEquals(preflight.headers.get("Access-Control-Allow-Origin"), null);
    }
  });
  await withApp(async ({ request }) => {
    const { status, code } = await refusal(
      await request("/v1/bundles", { headers: { Authorization: "Bearer r" } }),
    );
    assertEquals([status, code], [404, "no_registry"]);
  }, { access });
});
