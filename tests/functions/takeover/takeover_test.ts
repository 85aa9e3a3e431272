import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLocalInference } from "../../../functions/embed/inference/local_inference.ts";
import type { LogEntry } from "../../../functions/embed/log.ts";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import type { Store } from "../../../functions/embed/store/store.ts";
import { RegistryBundles } from "../../../functions/embed/takeover/registry_bundles.ts";
import type { Bundle } from "../../../shared/bundle.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import type { ObjectStore } from "../../../shared/objects/object_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { candidate, promoted } from "../../shared/registry/candidates.ts";
import { access } from "../access/keys.ts";
import { answer, encoder, json, photo, refusal, type TestApp, upload, withApp } from "../test_app.ts";

interface Taken {
  app: TestApp;
  bundles: RegistryBundles;
  registry: Registry;
  objects: ObjectStore;
  store: Store;
  /** Bundles whose inference was closed. */
  closed: string[];
  logged: LogEntry[];
}

/** Runs `use` with an endpoint that serves a registry in which bundle 1 is current. */
async function withRegistry(
  use: (taken: Taken) => Promise<void>,
  { longestSeconds = 0.2, open = () => Promise.resolve() }: {
    longestSeconds?: number;
    open?: (bundle: Bundle) => Promise<void>;
  } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const objects = createFolderStore(folder, Deno);
  const registry = new Registry(objects);
  await promoted(registry, 1);
  const store = openSqliteStore(undefined);
  const closed: string[] = [];
  const logged: LogEntry[] = [];
  const bundles = await RegistryBundles.open({
    registry,
    fallback: () => Promise.reject(new Error("the registry has a bundle")),
    // One session for all: the candidates differ in their preprocessing.
    async openInference(bundle) {
      await open(bundle);
      const inference = createLocalInference(bundle.manifest, encoder, 25_000_000);
      return { ...inference, close: () => void closed.push(bundle.manifest.id) };
    },
    store,
    longestSeconds,
    log: (entry) => logged.push(entry),
  });
  try {
    await withApp(async ({ request, ...app }) => {
      const fromHere: TestApp["request"] = (path, init) => request(path, init, "127.0.0.1");
      await use({ app: { ...app, request: fromHere }, bundles, registry, objects, store, closed, logged });
    }, { bundles, store, access: access({}) });
  } finally {
    bundles.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const idOf = async (number: number) => (await candidate(number)).id;

async function embed({ request }: TestApp, number: number) {
  const response = await request("/v1/embeddings", upload(await photo(number)));
  return { location: response.headers.get("Content-Location")!, ...await answer(response) };
}

Deno.test("an endpoint takes over what a registry makes current, and answers the URLs of the bundle before", async () => {
  await withRegistry(async ({ app, bundles, registry, closed }) => {
    const old = await embed(app, 0);
    assertEquals(old.model, await idOf(1));
    const [id] = await promoted(registry, 2);
    await bundles.look();
    const now = await embed(app, 0);
    assertEquals(now.model, id);
    assert(now.data[0]!.embedding !== old.data[0]!.embedding);
    assertEquals((await answer(await app.request(old.location))).data, old.data);
    assertEquals((await answer(await app.request(now.location))).data, now.data);
    for (const path of ["/healthz", "/readyz"]) {
      assertEquals((await (await app.request(path)).json()).bundle, id);
    }
    assertEquals((await (await app.request("/v1/bundle")).json()).id, id);
    const never = await refusal(await app.request(`/v1/embeddings/${await idOf(9)}/${"0".repeat(64)}.json`));
    assertEquals(never.code, "unknown_bundle");
    const metrics = await (await app.request("/metrics")).text();
    assertStringIncludes(metrics, `lookalike_info{bundle="${id}"} 1`);
    assertStringIncludes(metrics, 'lookalike_takeovers_total{result="done"} 1');
    await new Promise((resolve) => setTimeout(resolve, 400));
    assertEquals(closed, [await idOf(1)]);

    await registry.rollBack();
    await bundles.look();
    assertEquals((await embed(app, 0)).model, await idOf(1));
  });
});

Deno.test("an endpoint changes bundles under load without a failed or mixed answer", async () => {
  await withRegistry(async ({ app, bundles, registry }) => {
    const photos = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(photo));
    let isOver = false, answered = 0;
    const models = new Set<string>();
    const vectors = new Map<string, string>();
    const caller = async (first: number) => {
      for (let i = first; !isOver; i++) {
        const response = await app.request("/v1/embeddings", upload(photos[i % 8]!));
        const { model, data: [item] } = await answer(response);
        models.add(model);
        // A picture has one vector under each bundle, whenever it is asked for.
        const key = `${model} ${item!.image.sha256}`;
        const vector = JSON.stringify(item!.embedding);
        assertEquals(vectors.get(key) ?? vector, vector);
        vectors.set(key, vector);
        await answer(await app.request(response.headers.get("Content-Location")!));
        answered++;
      }
    };
    const callers = [0, 1, 2, 3].map(caller);
    for (const number of [2, 3, 4]) {
      await promoted(registry, number);
      await bundles.look();
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await registry.rollBack();
    await bundles.look();
    await new Promise((resolve) => setTimeout(resolve, 150));
    isOver = true;
    await Promise.all(callers);
    assertEquals([models.size, bundles.takeovers], [4, { done: 4, failed: 0 }]);
    assert(answered > 20, String(answered));
    const sums = new Set([...vectors.values()]);
    assertEquals(sums.size, vectors.size);
  });
});

Deno.test("an endpoint ignores a bundle that is not whole, does not run, or gives no vectors, and says so once", async () => {
  const broken = new Map<string, string>();
  await withRegistry(
    async ({ app, bundles, registry, objects, logged }) => {
      const good = await idOf(1);
      const reasons = [];
      for (const number of [2, 3, 4]) {
        const { id } = await candidate(number);
        if (number === 3) broken.set(id, "Cannot load the encoder: it does not run");
        await promoted(registry, number);
        if (number === 2) {
          const encoder = (await objects.get(`bundles/${id}/encoder.onnx`))!.bytes;
          encoder[99]! ^= 1;
          await objects.put(`bundles/${id}/encoder.onnx`, encoder);
        }
        if (number === 4) {
          await objects.put(`bundles/${id}/manifest.json`, (await candidate(5)).manifest);
        }
        for (let i = 0; i < 2; i++) await bundles.look();
        reasons.push(logged.map(({ error }) => String(error)));
        logged.length = 0;
        assertEquals((await embed(app, number)).model, good);
      }
      assertEquals(reasons.map((all) => all.length), [1, 1, 1]);
      assertStringIncludes(reasons[0]![0]!, "SHA-256");
      assertStringIncludes(reasons[1]![0]!, "does not run");
      assertStringIncludes(reasons[2]![0]!, "must have this id");
      assertEquals(bundles.takeovers, { done: 0, failed: 6 });
      await objects.put("current.json", new TextEncoder().encode("{"));
      await bundles.look();
      assertStringIncludes(String(logged[0]!.error), "current.json is not valid");
      assertEquals((await embed(app, 0)).model, good);
      const metrics = await (await app.request("/metrics")).text();
      assertStringIncludes(metrics, 'lookalike_takeovers_total{result="failed"} 7');
    },
    {
      open: ({ manifest }) =>
        broken.has(manifest.id) ? Promise.reject(new Error(broken.get(manifest.id))) : Promise.resolve(),
    },
  );
});

Deno.test("an endpoint starts with the last bundle that can be served, and with BUNDLE while the registry is empty", async () => {
  const folder = await Deno.makeTempDir();
  const objects = createFolderStore(folder, Deno);
  const registry = new Registry(objects);
  const inference = async (bundle: Bundle) =>
    await Promise.resolve(createLocalInference(bundle.manifest, encoder, 25_000_000));
  const { manifest } = await registry.publish(await candidate(1)).then((id) => registry.read(id));
  const start = () =>
    RegistryBundles.open({
      registry,
      fallback: async () => ({
        manifest,
        inference: await inference({ manifest, encoder: new Uint8Array() }),
      }),
      openInference: inference,
      store: { missing: () => Promise.resolve(0) },
      longestSeconds: 0,
      log: () => {},
    });
  const empty = await start();
  assertEquals(empty.current.manifest.id, manifest.id);
  const [second, third] = await promoted(registry, 2, 3);
  await empty.look();
  assertEquals(empty.current.manifest.id, third);
  await objects.delete(`bundles/${third}/encoder.onnx`);
  const again = await start();
  assertEquals([again.current.manifest.id, again.takeovers.failed], [second, 1]);
  empty.close();
  again.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("collections are answered from one bundle until all they have is embedded with the next", async () => {
  await withRegistry(async ({ app, bundles, registry, store, closed }) => {
    const put = async (number: number) => {
      const response = await app.request(`/v1/collections/c/images/${number}`, {
        ...upload(await photo(number)),
        method: "PUT",
      });
      assertEquals(response.status, 201);
    };
    const model = async () => {
      const response = await app.request("/v1/collections/c/search", json({ id: "0", k: 10 }));
      const { model, data } = await response.json();
      return [model, data.length];
    };
    const [first, second] = [await idOf(1), await idOf(2)];
    await put(0);
    await put(1);
    await promoted(registry, 2);
    await bundles.look();
    assertEquals((await embed(app, 5)).model, second);
    assertEquals(await model(), [first, 2]);
    // What is put meanwhile is in both.
    await put(2);
    assertEquals(await model(), [first, 3]);
    assertEquals([await store.missing(first), await store.missing(second)], [0, 2]);
    assertEquals(closed, []);
    for (const number of [0, 1]) {
      await embed(app, number);
      await bundles.look();
      assertEquals(await model(), [first, 3]);
      const { sha256, ...record } = (await store.picture(first, "c", String(number)))!;
      const traits = { id: second, dimensions: encoder.dimensions, copyThreshold: 0.9 };
      await store.putPicture(traits, "c", { ...record, sha256 });
    }
    await bundles.look();
    assertEquals(await model(), [second, 3]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assertEquals(closed, [first]);
    // Back at once, since the store has all vectors of the bundle before.
    await registry.rollBack();
    await bundles.look();
    assertEquals(await model(), [first, 3]);
  });
});
