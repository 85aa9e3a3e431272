import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { LogEntry } from "../../../functions/embed/log.ts";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import { openWebhook } from "../../../functions/embed/webhook/open_webhook.ts";
import { secretBytes } from "../../../functions/embed/webhook/sign.ts";
import { createWebhook, type WebhookOptions } from "../../../functions/embed/webhook/webhook.ts";
import { placedPictureSchema } from "../../../shared/collections_api.ts";
import { access } from "../access/keys.ts";
import { manifest, photo, type TestApp, withApp } from "../test_app.ts";
import { SECRET, withReceiver } from "./receiver.ts";

const HERE = "127.0.0.1";
const SHOP = { collection: "shop", bundle: manifest.id };
const secret = secretBytes(SECRET)!;

function webhook(url: string, options: Partial<WebhookOptions> = {}) {
  const logged: LogEntry[] = [];
  const hook = createWebhook({
    ...{ url, secret, maxMessages: 3, pauses: [0.01, 0.01], log: (entry) => logged.push(entry) },
    describe: ({ groups }) => Promise.resolve({ groups }),
    ...options,
  });
  return Object.assign(hook, { logged });
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; !condition(); i++) {
    if (i > 500) throw new Error("It took longer than ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The SHA-256 of the picture that was put. */
async function put(
  { request }: TestApp,
  id: string,
  body: Uint8Array<ArrayBuffer>,
  query = "",
): Promise<string> {
  const response = await request(`/v1/collections/shop/images/${id}${query}`, { method: "PUT", body }, HERE);
  return placedPictureSchema.parse(await response.json()).picture.image.sha256;
}

Deno.test("a webhook is told of groups that change, with the tags of everything that was said of them before", async () => {
  await withReceiver(async ({ url, received }) => {
    const store = openSqliteStore(undefined);
    const logged: LogEntry[] = [];
    const log = (entry: LogEntry) => logged.push(entry);
    const hook = openWebhook({ url, secret, maxMessages: 10 }, store, log)!;
    await withApp(async (app) => {
      const bytes = await photo(0);
      const answers = async () => {
        const paths = ["", "/groups", "/images/a", "/images/a/canonical", "/images/a/duplicates"];
        return await Promise.all(paths.map(async (path) => {
          const response = await app.request(`/v1/collections/shop${path}`, {}, HERE);
          return {
            path,
            text: await response.text(),
            tags: response.headers.get("Surrogate-Key")!.split(" "),
          };
        }));
      };
      /** What changes, and the message of it: all that is answered otherwise than before must have one of its tags. */
      const told = async (change: () => Promise<unknown>) => {
        const [before, messages] = [await answers(), received.length];
        await change();
        await until(() => received.length > messages);
        const { type, data } = received.at(-1)!.body;
        assertEquals([type, data.collection, data.model], ["groups.changed", "shop", manifest.id]);
        const after = await answers();
        for (const [i, { path, text, tags }] of before.entries()) {
          if (text !== after[i]!.text) assert(tags.some((tag) => data.purge.includes(tag)), path);
        }
        assertNotEquals(before, after);
        return Object.fromEntries(
          data.groups.map(({ sha256, canonical }) => [sha256, canonical?.id ?? null]),
        );
      };

      const a = await put(app, "a", bytes);
      await put(app, "other", await photo(1));
      assertEquals((await app.request("/v1/collections/shop", {}, HERE)).status, 200);
      let b = "", c = "";
      assertEquals(
        await told(async () =>
          b = await put(app, "b", new Uint8Array([...bytes, 0]), "?url=https://a.example/b")
        ),
        { [a]: "b", [b]: "b" },
      );
      const { canonical } = received.at(-1)!.body.data.groups[0]!;
      assertEquals(canonical, { sha256: b, id: "b", url: "https://a.example/b" });
      assertEquals(
        await told(async () => c = await put(app, "c", new Uint8Array([...bytes, 0, 0]))),
        { [b]: "c", [c]: "c" },
      );
      assertEquals(
        await told(() => app.request("/v1/collections/shop/images/c", { method: "DELETE" }, HERE)),
        { [b]: "b", [c]: null },
      );
      // The picture and its group are what they were; where it is served is not.
      assertEquals(
        await told(() => put(app, "b", new Uint8Array([...bytes, 0]), "?url=https://a.example/new")),
        { [b]: "b" },
      );
      const metrics = await (await app.request("/metrics", {}, HERE)).text();
      assert(metrics.includes('lookalike_webhook_messages_total{outcome="delivered"} 4\n'), metrics);
      assertEquals(logged, []);
      await hook.close();
    }, { access: access({}), store, webhook: hook });
  });
});

Deno.test("a webhook is told again, by the same id, until it answers with success", async () => {
  await withReceiver(async ({ url, received, attempts }) => {
    const hook = webhook(url);
    hook.tell({ ...SHOP, groups: ["a"] });
    await until(() => received.length === 1);
    assertEquals(attempts, Array(3).fill(received[0]!.id));
    assertEquals(hook.logged, []);
    await hook.close();
  }, [500, 302]);
});

Deno.test("a webhook that fails is given up after the last attempt, which is logged, and the next message goes on", async () => {
  await withReceiver(async ({ url, received, attempts }) => {
    const hook = webhook(url);
    hook.tell({ ...SHOP, groups: ["a"] });
    hook.tell({ ...SHOP, collection: "blog", groups: ["b"] });
    await until(() => received.length === 1);
    assertEquals([attempts.length, received[0]!.body.data.collection], [4, "blog"]);
    assertEquals(hook.logged.map(({ message, facts }) => [message, facts!["attempts"]]), [
      ["The webhook was not told of a change in shop: it answered 503", 3],
    ]);
    await hook.close();
  }, [503, 503, 503]);
});

Deno.test("a webhook that nobody answers holds up nothing: changes wait together, up to a limit, and stopping sends them", async () => {
  await withReceiver(async ({ url, received }) => {
    const hook = webhook(url, { pauses: [1000] });
    hook.tell({ ...SHOP, groups: ["first"] });
    for (let i = 0; i < 150; i++) hook.tell({ ...SHOP, groups: [`a${i}`, `b${i % 3}`] });
    for (const collection of ["x", "y", "z"]) hook.tell({ ...SHOP, collection, groups: ["c"] });
    assertEquals(hook.logged.map(({ message }) => message), [
      "A change in z is not told to the webhook: 3 messages wait already",
    ]);
    await hook.close();
    assertEquals(received.map(({ body }) => [body.data.collection, body.data.groups.length]), [
      ["shop", 153],
      ["x", 1],
      ["y", 1],
    ]);
    hook.tell({ ...SHOP, groups: ["late"] });
    assertEquals(hook.counts.waiting, 0);
  }, [500]);
});

Deno.test("a webhook tells what it has room for of a change that is too large for it", async () => {
  await withReceiver(async ({ url, received }) => {
    const hook = webhook(url);
    hook.tell({ ...SHOP, groups: Array.from({ length: 1000 }, (_, i) => `g${i}`) });
    await until(() => received.length === 3);
    assertEquals(received.map(({ body }) => body.data.groups.length), [200, 200, 200]);
    assertEquals([hook.counts.dropped, hook.logged.length], [1, 1]);
    await hook.close();
  });
});

Deno.test("a webhook closes though the store never answers", async () => {
  const hook = webhook("http://127.0.0.1:9/", { describe: () => new Promise(() => {}) });
  hook.tell({ ...SHOP, groups: ["a"] });
  const before = performance.now();
  await hook.close();
  assert(performance.now() - before < 10_000);
  assertEquals(hook.counts.failed, 1);
});

Deno.test("a webhook that never answers holds up no request", async () => {
  // It takes connections, and says nothing.
  using listener = Deno.listen({ hostname: HERE, port: 0 });
  const store = openSqliteStore(undefined);
  const hook = openWebhook(
    { url: `http://127.0.0.1:${listener.addr.port}/`, secret, maxMessages: 2 },
    store,
    () => {},
  )!;
  await withApp(async (app) => {
    const bytes = await photo(0);
    // Each puts another picture first in the group; were one to wait for the webhook, it would wait for 15 s.
    const before = performance.now();
    for (let i = 0; i < 6; i++) await put(app, `p${i}`, new Uint8Array([...bytes, ...Array(i).fill(0)]));
    assert(performance.now() - before < 15_000);
    assertEquals(hook.counts, { delivered: 0, failed: 0, dropped: 0, waiting: 2 });
    await hook.close();
  }, { access: access({}), store, webhook: hook });
});

Deno.test("secretBytes() takes whsec_ and base64 of 24 to 64 bytes alone", () => {
  const of = (length: number) => `whsec_${btoa("x".repeat(length))}`;
  assertEquals([secretBytes(of(24))?.length, secretBytes(of(64))?.length], [24, 64]);
  for (const text of [of(23), of(65), of(24).slice(6), "whsec_?", "whsec_"]) {
    assertEquals(secretBytes(text), undefined);
  }
});
