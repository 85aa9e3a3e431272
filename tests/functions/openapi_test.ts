import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { CACHED_ROUTE } from "../../functions/embed/routes/cached.ts";
import { STATUS_OF_CODE } from "../../functions/embed/errors.ts";
import { openApiDocument } from "../../functions/embed/openapi/document.ts";
import { withApp } from "./test_app.ts";

Deno.test("/openapi.json is a valid OpenAPI 3.1 document", async () => {
  await withApp(async ({ request }) => {
    const document = await (await request("/openapi.json")).json();
    assertEquals(document.openapi, "3.1.0");
    assertEquals(await new Validator().validate(document), { valid: true });
  });
});

Deno.test("/openapi.json has every error code, under its status", () => {
  const found = new Map<string, Set<string>>();
  const responses = [
    ...Object.values(openApiDocument.paths!).flatMap((
      path,
    ) => [path.get, path.post, path.head, path.put, path.delete])
      .flatMap((operation) => Object.entries(operation?.responses ?? {})),
    ["405", openApiDocument.components!.responses!.WrongMethod] as const,
  ];
  for (const [status, response] of responses) {
    const { description } = response as { description: string };
    for (const [, code] of description.matchAll(/`(\w+)`/g)) {
      found.set(code!, (found.get(code!) ?? new Set()).add(status));
    }
  }
  for (const [code, status] of Object.entries(STATUS_OF_CODE)) {
    assertEquals([code, ...found.get(code) ?? []], [code, String(status)]);
  }
});

Deno.test("/openapi.json has every route below /v1/ and of the service, and each that it has is answered", async () => {
  await withApp(async ({ request, routes }) => {
    const documented = Object.entries(openApiDocument.paths!).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
    );
    for (const { method, path } of routes) {
      if (method === "ALL" || !/^\/(v1\/|\w+z$|metrics$|openapi)/.test(path)) continue;
      const name = path === CACHED_ROUTE
        ? "/v1/embeddings/{bundle}/{sha256}.json"
        : path.replace(/:(\w+)/g, "{$1}");
      assert(documented.includes(`${method} ${name}`), `${method} ${name}`);
    }
    for (const operation of documented) {
      const [method, path] = operation.split(" ");
      const response = await request(path!.replace(/\{\w+\}/g, "0".repeat(64)), { method });
      if (method === "HEAD") assertEquals(response.status, 404);
      else assert(!["unknown_route", "wrong_method"].includes(await codeOf(response)), operation);
    }
  });
});

async function codeOf(response: Response): Promise<string> {
  return response.ok ? "" : (await response.json()).error.code;
}

Deno.test("/docs needs nothing from elsewhere, and has a strict content security policy", async () => {
  await withApp(async ({ request }) => {
    const page = await request("/docs");
    const policy = page.headers.get("Content-Security-Policy")!;
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'; style-src 'self';");
    assert(!/unsafe|https?:/.test(policy));
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!)
      .filter((path) => path !== "data:,");
    assertEquals(files, ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]);
    for (const file of files) {
      const response = await request(`/${file}`);
      assertEquals(response.status, 200);
      assertEquals(response.headers.get("X-Content-Type-Options"), "nosniff");
      assert((await response.text()).length > 100);
      const again = await request(`/${file}`, {
        headers: { "If-None-Match": response.headers.get("ETag")! },
      });
      assertEquals([again.status, await again.text()], [304, ""]);
    }
  });
});
