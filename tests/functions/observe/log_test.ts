import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { access, KEYS, PAGE, SECRET, sentWith, SHOP } from "../access/keys.ts";
import { answer, json, manifest, photo, upload, withApp } from "../test_app.ts";

Deno.test("observeRequests() logs a line for every request, with what became of it", async () => {
  await withApp(async ({ request, requests }) => {
    const bytes = await photo(0);
    const send = async (headers: Record<string, string>) => {
      const init = upload(bytes);
      const response = await request("/v1/embeddings", {
        ...init,
        headers: { ...init.headers, "Content-Length": String(bytes.length), ...headers },
      });
      await response.body?.cancel();
      return response;
    };
    const posted = await send({ ...sentWith(SECRET), "X-Request-Id": "mine" });
    await send(sentWith(PAGE, SHOP));
    await send(sentWith(PAGE, "https://evil.example"));
    await send({});
    await request(posted.headers.get("Content-Location")!, { headers: sentWith(SECRET) });
    await request("/healthz");
    await request("/v1/embeddings", { method: "PUT" });
    await request("/a/path/nobody/knows");

    const { requestId, facts } = requests[0]!;
    assertEquals(requestId, "mine");
    assert(Number(facts!["ms"]) > 0);
    const ROUTES = ["/v1/embeddings", "/v1/embeddings/:bundle/:file"];
    assertEquals(
      requests.map(({ level, facts }) => {
        const { method, route, status, code, bytes, key, cache } = facts!;
        return [level, method, route, status, code, bytes, key, cache];
      }),
      [
        ["info", "POST", ROUTES[0], 200, undefined, bytes.length, "backend", "miss"],
        ["info", "POST", ROUTES[0], 200, undefined, bytes.length, "shop", "hit"],
        ["info", "POST", ROUTES[0], 403, "wrong_origin", bytes.length, "shop", undefined],
        ["info", "POST", ROUTES[0], 401, "missing_api_key", bytes.length, undefined, undefined],
        ["info", "GET", ROUTES[1], 200, undefined, undefined, "backend", undefined],
        ["debug", "GET", "/healthz", 200, undefined, undefined, undefined, undefined],
        ["info", "PUT", "none", 405, "wrong_method", undefined, undefined, undefined],
        ["info", "GET", "none", 404, "unknown_route", undefined, undefined, undefined],
      ],
    );
  }, { access: access(KEYS) });
});

Deno.test("logs tell nothing of pictures, keys and addresses", async () => {
  await withApp(async ({ request, requests, logged }) => {
    const bytes = await photo(0);
    const input = `data:image/jpeg;base64,${encodeBase64(bytes)}`;
    const init = json({ input });
    const headers = { ...init.headers, ...sentWith(PAGE, SHOP), "X-Forwarded-For": "198.51.100.77" };
    const { data: [datum] } = await answer(
      await request("/v1/embeddings", { ...init, headers }, "203.0.113.7"),
    );
    const lookup = `/v1/embeddings/${manifest.id}/${datum!.image.sha256}.json`;
    await request(lookup, { headers }, "203.0.113.7");
    await request("/v1/embeddings", { ...json({ input: input.slice(0, 300) }), headers });
    const wrong = { ...init, headers: sentWith("sk_a-wrong-key-of-somebody") };
    assertEquals((await request("/v1/embeddings", wrong)).status, 401);
    assertEquals([requests.length, logged.length], [4, 0]);
    const lines = JSON.stringify(requests);
    for (const secret of [input.slice(40, 60), datum!.image.sha256, PAGE, "wrong-key", "198.51.", "203.0."]) {
      assert(!lines.includes(secret), secret);
    }
  }, { access: access(KEYS) });
});

Deno.test("observeRequests() calls the endpoint's own failures errors, and overload a warning", async () => {
  let outcome: () => Promise<never> = () => Promise.reject(new Error("the disk is gone"));
  const inference = { slots: 1, infer: () => outcome(), close() {} };
  await withApp(async ({ request, requests, logged }) => {
    const first = await request("/v1/embeddings", upload(await photo(0)));
    assertEquals(first.status, 500);
    outcome = () => new Promise(() => {});
    assertEquals((await request("/v1/embeddings", upload(await photo(1)))).status, 504);
    assertEquals(requests.map(({ level, facts }) => [level, facts!["code"]]), [
      ["error", "internal_error"],
      ["warn", "deadline_exceeded"],
    ]);
    // The line of the error itself, by the same id.
    assertEquals(logged.map(({ requestId }) => requestId), [requests[0]!.requestId]);
    assertMatch(String(logged[0]!.error), /the disk is gone/);
  }, { inference, limits: { maxSeconds: 1 } });
});
