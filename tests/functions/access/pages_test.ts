import { assertEquals } from "@std/assert";
import { photo, type TestApp, upload, withApp } from "../test_app.ts";
import { access, BLOG, KEYS, PAGE, sentWith, SHOP } from "./keys.ts";

const LOOKUP = `/v1/embeddings/${"0".repeat(64)}/${"0".repeat(64)}.json`;

/** The origin that a preflight allows, as a browser asks before it sends a key. */
async function preflight(
  { request }: TestApp,
  Origin: string,
  path = "/v1/embeddings",
  method = "POST",
): Promise<string | null> {
  const response = await request(path, {
    method: "OPTIONS",
    headers: {
      Origin,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": "authorization,content-type",
    },
  });
  assertEquals(response.status, 204);
  assertEquals(response.headers.get("Access-Control-Allow-Headers"), "authorization,content-type");
  assertEquals(response.headers.get("Access-Control-Allow-Credentials"), null);
  return response.headers.get("Access-Control-Allow-Origin");
}

Deno.test("allowPages() answers preflights for the origins of all publishable keys", async () => {
  await withApp(async (app) => {
    assertEquals(await preflight(app, SHOP), SHOP);
    assertEquals(await preflight(app, BLOG), BLOG);
    assertEquals(await preflight(app, BLOG, LOOKUP, "GET"), BLOG);
    for (const origin of ["https://evil.example", "null", "https://SHOP.example"]) {
      assertEquals(await preflight(app, origin), null, origin);
    }
    assertEquals(await preflight(app, SHOP, "/metrics", "GET"), SHOP);
  }, { access: access(KEYS) });
});

Deno.test("allowPages() lets a page read answers, refusals too, and what they say of limits", async () => {
  await withApp(async ({ request }) => {
    const ask = async (origin: string) => {
      const { headers, body, status } = await request("/v1/embeddings", {
        ...upload(await photo(0)),
        headers: sentWith(PAGE, origin),
      });
      await body?.cancel();
      assertEquals(headers.get("Vary")!.split(", ").includes("Origin"), true);
      return [status, headers.get("Access-Control-Allow-Origin")];
    };
    assertEquals(await ask(SHOP), [200, SHOP]);
    assertEquals(await ask(BLOG), [403, BLOG]);
    assertEquals(await ask("https://evil.example"), [403, null]);
    const { headers } = await request("/v1/embeddings", { method: "POST", headers: { Origin: SHOP } });
    const exposed = headers.get("Access-Control-Expose-Headers")!.split(", ");
    for (const name of ["Retry-After", "RateLimit", "X-Cache", "Content-Location"]) {
      assertEquals(exposed.includes(name), true, name);
    }
  }, { access: access(KEYS) });
});

Deno.test("allowPages() opens lookups to every page where they are public, and uploads to none", async () => {
  await withApp(async (app) => {
    assertEquals(await preflight(app, "https://any.example", LOOKUP, "GET"), "*");
    assertEquals(await preflight(app, "https://any.example"), null);
    assertEquals(await preflight(app, "https://any.example", "/metrics", "GET"), null);
    assertEquals(await preflight(app, "https://any.example", "/healthz", "GET"), "*");
  }, { access: access({ ...KEYS, PUBLIC_LOOKUP: "true" }) });
});

Deno.test("allowPages() is open where no key is needed", async () => {
  const open: Record<string, string>[] = [{}, { ALLOW_ANONYMOUS: "true" }, {
    ...KEYS,
    ALLOW_ANONYMOUS: "60/min",
  }];
  for (const settings of open) {
    await withApp(async (app) => {
      assertEquals(await preflight(app, "https://any.example"), "*");
      assertEquals(await preflight(app, "https://any.example", "/metrics", "GET"), null);
    }, { access: access(settings) });
  }
});

Deno.test("allowPages() lets no strange page reach collections, also where no key is needed", async () => {
  for (const anonymous of [{ allowed: false }, { allowed: true }]) {
    await withApp(async (app) => {
      for (const method of ["PUT", "DELETE", "GET", "POST"]) {
        assertEquals(
          await preflight(app, "https://evil.example", "/v1/collections/c/images/1", method),
          null,
        );
      }
      assertEquals(await preflight(app, "https://evil.example"), "*");
    }, { access: { ...access({}), anonymous } });
  }
});
