import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { access, KEYS, METRICS, PAGE, SECRET, sentWith, SHOP } from "../access/keys.ts";
import { answer, json, manifest, photo, refusal, type TestApp, upload, withApp } from "../test_app.ts";

/** Where everything is open as long as the settings do not say who may call. */
const HERE = "127.0.0.1";

/** What /metrics says, by name and labels. */
async function collect({ request }: TestApp): Promise<Map<string, number>> {
  const response = await request("/metrics", {}, HERE);
  assertEquals(response.status, 200);
  assertMatch(response.headers.get("Content-Type")!, /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space))];
  }));
}

Deno.test("GET /metrics counts requests, errors, stages and what the cache had", async () => {
  await withApp(async (app) => {
    const send = async (body: BodyInit) => await app.request("/v1/embeddings", upload(body), HERE);
    const { headers } = await send(await photo(0));
    await send(await photo(0));
    await send(await photo(1));
    await send("not a picture");
    const input = [`data:;base64,${encodeBase64(await photo(0))}`, `data:;base64,${btoa("no picture")}`];
    assertEquals((await app.request("/v1/embeddings", json({ input }), HERE)).status, 200);
    await app.request(headers.get("Content-Location")!, {}, HERE);
    await app.request(`/v1/embeddings/${manifest.id}/${"0".repeat(64)}.json`, {}, HERE);
    await app.request(`/some/path/${crypto.randomUUID()}`);

    const metrics = await collect(app);
    const is = (name: string, value: number) => assertEquals(metrics.get(name), value, name);
    is('http_requests_total{method="POST",route="/v1/embeddings",status="200"}', 4);
    is('http_requests_total{method="POST",route="/v1/embeddings",status="400"}', 1);
    is('http_requests_total{method="GET",route="/v1/embeddings/:bundle/:file",status="200"}', 1);
    is('http_requests_total{method="GET",route="none",status="404"}', 1);
    is('http_request_duration_seconds_count{method="POST",route="/v1/embeddings"}', 5);
    is('lookalike_errors_total{code="not_an_image"}', 2);
    is('lookalike_errors_total{code="not_cached"}', 1);
    is('lookalike_cache_lookups_total{result="hit"}', 3);
    is('lookalike_cache_lookups_total{result="miss"}', 5);
    for (const stage of ["decode", "preprocess", "infer", "thumbnail"]) {
      is(`lookalike_stage_seconds_count{stage="${stage}"}`, 2);
      assert(metrics.get(`lookalike_stage_seconds_sum{stage="${stage}"}`)! > 0);
    }
    is("http_requests_in_flight", 1);
    is(`lookalike_info{bundle="${manifest.id}"}`, 1);
    assert(metrics.get("process_resident_memory_bytes")! > 1e7);
  }, { access: access({}) });
});

Deno.test("GET /metrics tells what waits and what is in work", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const inference = {
    slots: 1,
    async infer() {
      await released;
      const vector = new Float32Array(manifest.embedding.dimensions).fill(1);
      return {
        width: 1,
        height: 1,
        format: "jpeg",
        vector,
        thumbnail: new Uint8Array(),
        times: { decode: 1, preprocess: 1, infer: 1, thumbnail: 1 },
      };
    },
    close() {},
  };
  await withApp(async (app) => {
    const uploads = [0, 1, 2].map(async (number) =>
      await app.request("/v1/embeddings", upload(await photo(number)), HERE)
    );
    const gauges = ["http_requests_in_flight", "lookalike_pictures_in_work", "lookalike_queue_length"];
    const read = async () => {
      const metrics = await collect(app);
      return gauges.map((name) => metrics.get(name));
    };
    while ((await read())[2] !== 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals(await read(), [4, 1, 2]);
    release();
    for (const answered of uploads) await answer(await answered);
    assertEquals(await read(), [1, 0, 0]);
  }, { inference, access: access({}) });
});

Deno.test("GET /metrics is for keys that have the right, and for this machine where there are no keys", async () => {
  const statuses = async (settings: Record<string, string>, address: string, headers: HeadersInit = {}) => {
    let status = 0;
    await withApp(async ({ request }) => {
      const response = await request("/metrics", { headers }, address);
      status = response.status;
      if (status === 200) await response.body?.cancel();
      else assertMatch((await refusal(response)).message, /^Cannot answer: /);
    }, { access: access(settings) });
    return status;
  };
  assertEquals(await statuses(KEYS, HERE, sentWith(METRICS)), 200);
  assertEquals(await statuses(KEYS, HERE, sentWith(SECRET)), 403);
  assertEquals(await statuses(KEYS, HERE, sentWith(PAGE, SHOP)), 403);
  assertEquals(await statuses(KEYS, HERE), 401);
  assertEquals(await statuses({ ALLOW_ANONYMOUS: "true" }, HERE), 401);
  assertEquals(await statuses({}, HERE), 200);
  assertEquals(await statuses({}, "203.0.113.7"), 401);
});

Deno.test("Server-Timing tells where the time of a request went", async () => {
  await withApp(async ({ request }) => {
    const times = async (path: string, init: RequestInit) => {
      const response = await request(path, init);
      await response.body?.cancel();
      const entries = response.headers.get("Server-Timing")!.split(",").map((entry) => entry.split(";dur="));
      return new Map(entries.map(([name, ms]) => [name!, Number(ms)]));
    };
    const miss = await times("/v1/embeddings", upload(await photo(0)));
    const stages = [
      "receive",
      "hash",
      "queue",
      "decode",
      "preprocess",
      "infer",
      "thumbnail",
      "store",
      "total",
    ];
    assertEquals([...miss.keys()], stages);
    const { total, ...others } = Object.fromEntries(miss);
    const sum = Object.values(others).reduce((a, b) => a + b, 0);
    // Each is rounded to a tenth.
    assert(sum > 0 && sum <= total! + 0.5, `${sum} of ${total}`);
    const hit = await times("/v1/embeddings", upload(await photo(0)));
    assertEquals([...hit.keys()], ["receive", "hash", "store", "total"]);
    assertEquals([...(await times("/v1/embeddings", upload("no picture"))).keys()].includes("total"), true);
  });
});

Deno.test("GET /metrics counts methods that are not HTTP's own together", async () => {
  await withApp(async (app) => {
    for (const method of ["BREW", "WHEN"]) await app.request("/v1/embeddings", { method }, HERE);
    const counts = [...(await collect(app)).entries()].filter(([name]) =>
      name.startsWith("http_requests_total")
    );
    assertEquals(counts, [['http_requests_total{method="other",route="none",status="405"}', 2]]);
  }, { access: access({}) });
});

Deno.test("GET /metrics counts the pictures that failed among those that were compared", async () => {
  await withApp(async (app) => {
    const input = [`data:;base64,${encodeBase64(await photo(0))}`, `data:;base64,${btoa("no picture")}`];
    assertEquals((await app.request("/v1/duplicates", json({ input }), HERE)).status, 200);
    assertEquals((await collect(app)).get('lookalike_errors_total{code="not_an_image"}'), 1);
  }, { access: access({}) });
});
