import { assert, assertEquals, assertRejects } from "@std/assert";
import { EndpointError, Lookalike } from "../../../shared/client.ts";
import { withServedApp } from "../../functions/serve_app.ts";
import { photo } from "../../functions/test_app.ts";
import { busy } from "./busy.ts";

Deno.test("embed() comes back after Retry-After, and not before", async () => {
  const refused: number[] = [];
  const between = ({ method }: Request) => {
    if (method !== "POST" || refused.length === 2) return;
    refused.push(performance.now());
    return busy({ "Retry-After": refused.length === 1 ? "1" : new Date(Date.now() + 1000).toUTCString() });
  };
  await withServedApp(async ({ url, requests }) => {
    await new Lookalike({ url }).embed(await photo(0));
    assertEquals(requests.filter((request) => request.startsWith("POST")).length, 3);
    assert(refused[1]! - refused[0]! >= 1000);
  }, { between });
});

Deno.test("embed() sends nothing while the endpoint asked for patience", async () => {
  let refusedAt: number | undefined;
  const arrivals: number[] = [];
  const between = ({ method }: Request) => {
    if (method !== "POST") return;
    arrivals.push(performance.now());
    if (refusedAt !== undefined) return;
    refusedAt = performance.now();
    return busy({ "Retry-After": "1" }, 429);
  };
  await withServedApp(async ({ url }) => {
    const lookalike = new Lookalike({ url, concurrency: 1, batch: 1 });
    await Promise.all([0, 1, 2].map(async (number) => await lookalike.embed(await photo(number))));
    assertEquals(arrivals.length, 4);
    assert(arrivals.slice(1).every((time) => time - refusedAt! >= 1000));
  }, { between });
});

Deno.test("embed() gives up after its attempts, or at once if the wait is too long", async () => {
  let retryAfter: string | undefined;
  const between = () => busy(retryAfter === undefined ? {} : { "Retry-After": retryAfter });
  await withServedApp(async ({ url, requests }) => {
    const lookalike = new Lookalike({ url, attempts: 2, maxWait: 10 });
    const first = await assertRejects(() => lookalike.bundle(), EndpointError);
    assertEquals([first.code, first.status, first.retryAfter, requests.length], ["queue_full", 503, null, 2]);
    retryAfter = "11";
    const second = await assertRejects(() => lookalike.bundle(), EndpointError);
    assertEquals([second.retryAfter, requests.length], [11, 3]);
  }, { between });
});
