import { assertEquals, assertRejects } from "@std/assert";
import { BundleError } from "../../../shared/bundle.ts";
import { openObjects, parseLocation } from "../../../shared/objects/location.ts";
import type { ObjectStore } from "../../../shared/objects/object_store.ts";
import { RefusedCandidateError, RegistryError, UnknownBundleError } from "../../../shared/registry/errors.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { type S3Server, startS3 } from "../../python/s3_server.ts";
import { candidate, promoted } from "./candidates.ts";

const DAY = 24 * 3600 * 1000;
let server: S3Server;
let folder: string;
Deno.test.beforeAll(async () => {
  server = await startS3();
  folder = await Deno.makeTempDir();
});
Deno.test.afterAll(async () => {
  await server.close();
  await Deno.remove(folder, { recursive: true });
});

let places = 0;
/** Runs `test` on an empty folder and on an empty bucket; `later` moves the registry's clock. */
async function onEach(
  test: (registry: Registry, objects: ObjectStore, later: (milliseconds: number) => void) => Promise<void>,
): Promise<void> {
  const name = String(++places);
  for (const text of [`${folder}/${name}`, `s3://bucket/${name}`]) {
    const objects = openObjects(parseLocation(text, (name) => server.environment[name]), {
      files: Deno,
      fetch,
    });
    let ahead = 0;
    await test(new Registry(objects, () => Date.now() + ahead), objects, (by) => ahead += by);
  }
}

async function currentOf(registry: Registry): Promise<string | undefined> {
  return (await registry.state()).bundles.at(-1)?.id;
}

async function standings(registry: Registry): Promise<Record<string, string>> {
  return Object.fromEntries((await registry.list()).map(({ id, standing }) => [id, standing]));
}

Deno.test("a registry publishes, promotes, lists, reads and rolls back bundles", async () => {
  await onEach(async (registry) => {
    assertEquals([await currentOf(registry), await registry.list()], [undefined, []]);
    const first = await candidate(1);
    assertEquals(await registry.publish(first), first.id);
    assertEquals([await currentOf(registry), await standings(registry)], [undefined, {
      [first.id]: "candidate",
    }]);
    await registry.promote(first.id);
    const [second, third] = await promoted(registry, 2, 3);
    assertEquals(await currentOf(registry), third);
    assertEquals(await standings(registry), {
      [first.id]: "earlier",
      [second!]: "previous",
      [third!]: "current",
    });
    const { bundles, changes } = await registry.state();
    assertEquals((await registry.read(third!, bundles[2])).manifest.id, third);
    assertEquals(await registry.comparison(first.id), first.comparison);

    await registry.rollBack();
    assertEquals(await standings(registry), {
      [first.id]: "previous",
      [second!]: "current",
      [third!]: "rolled-back",
    });
    await registry.rollBack();
    assertEquals(await currentOf(registry), first.id);
    await assertRejects(() => registry.rollBack(), RegistryError, "there is none");
    await registry.promote(third!);
    assertEquals(await currentOf(registry), third);
    assertEquals(
      (await registry.state()).changes.map(({ action, bundle }) => [action, bundle]),
      [
        ...changes.map(({ action, bundle }) => [action, bundle]),
        ...[["rollback", second], ["rollback", first.id], ["promote", third]],
      ],
    );
  });
});

Deno.test("a registry never makes a bundle current that the gate refused or has not seen, or that is not whole", async () => {
  await onEach(async (registry, objects) => {
    const [good] = await promoted(registry, 1);
    const refused = await candidate(2, 0.4);
    await registry.publish(refused);
    assertEquals((await standings(registry))[refused.id], "refused");
    await assertRejects(
      () => registry.promote(refused.id),
      RefusedCandidateError,
      "copies: micro average precision must be at least 0.5 (the current bundle's is 0.52): it is 0.4",
    );

    const unseen = await candidate(3);
    await registry.publish(unseen);
    await objects.delete(`bundles/${unseen.id}/comparison.json`);
    await assertRejects(() => registry.promote(unseen.id), RefusedCandidateError, "has not seen it");

    const tampered = await candidate(4);
    await registry.publish(tampered);
    const encoder = tampered.encoder.slice();
    encoder[1000]! ^= 1;
    await objects.put(`bundles/${tampered.id}/encoder.onnx`, encoder);
    await assertRejects(() => registry.promote(tampered.id), BundleError, "SHA-256");
    await objects.put(`bundles/${tampered.id}/encoder.onnx`, encoder.slice(0, 999));
    await assertRejects(() => registry.promote(tampered.id), BundleError, "bytes");
    await registry.publish(tampered); // puts it right
    const loose = new TextDecoder().decode(tampered.manifest).replace(/("copyThreshold":)[\d.]+/, "$1-1");
    await objects.put(`bundles/${tampered.id}/manifest.json`, new TextEncoder().encode(loose));
    await assertRejects(() => registry.promote(tampered.id), RefusedCandidateError, "as it is");

    // Somebody else's files under a good bundle's name.
    const { encoder: whole, manifest } = await candidate(5);
    await objects.put(`bundles/${tampered.id}/encoder.onnx`, whole);
    await objects.put(`bundles/${tampered.id}/manifest.json`, manifest);
    await assertRejects(() => registry.promote(tampered.id), RegistryError, "must have this id");
    await objects.delete(`bundles/${tampered.id}/encoder.onnx`);
    await assertRejects(() => registry.promote(tampered.id), UnknownBundleError, "no encoder.onnx");
    await assertRejects(() => registry.promote("0".repeat(64)), UnknownBundleError, "0000");
    assertEquals(await currentOf(registry), good);
  });
});

Deno.test("a registry tells a manifest that was changed after it was promoted", async () => {
  await onEach(async (registry, objects) => {
    const [id] = await promoted(registry, 1);
    const manifest = await registry.manifestJson(id!);
    await objects.put(
      `bundles/${id}/manifest.json`,
      new TextEncoder().encode(manifest!.replace(/("copyThreshold":)[\d.]+/, "$1-1")),
    );
    const { bundles: [entry] } = await registry.state();
    await assertRejects(() => registry.read(id!, entry), RegistryError, "manifest.json must have SHA-256");
  });
});

Deno.test("a registry promotes a candidate only after the bundle that it was compared with", async () => {
  await onEach(async (registry) => {
    const ids = await Promise.all(
      [1, 2].map(async (number) => await registry.publish(await candidate(number))),
    );
    const outcomes = await Promise.allSettled(ids.map((id) => registry.promote(id, null)));
    assertEquals(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    const { changes } = await registry.state();
    assertEquals(changes.length, 1);
    const other = ids.find((id) => id !== changes[0]!.bundle)!;
    await assertRejects(() => registry.promote(other, null), RegistryError, "compare again");
    await registry.promote(other, changes[0]!.bundle);
    assertEquals(await currentOf(registry), other);
  });
});

Deno.test("a registry loses no change of several at once", async () => {
  await onEach(async (registry) => {
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async (number) => await registry.publish(await candidate(number))),
    );
    await Promise.all(ids.map((id) => registry.promote(id)));
    const { bundles, changes } = await registry.state();
    assertEquals(bundles.map(({ id }) => id).toSorted(), ids.toSorted());
    assertEquals(changes.map(({ before }) => before), [null, ...bundles.slice(0, -1).map(({ id }) => id)]);
  });
});

Deno.test("a registry's garbage collection keeps the current bundle, those before it, and what is new", async () => {
  await onEach(async (registry, objects, later) => {
    const ids = await promoted(registry, 1, 2, 3, 4);
    const waiting = await registry.publish(await candidate(5));
    await objects.put(`bundles/${"f".repeat(64)}/encoder.onnx`, new Uint8Array(1)); // left by a crash
    await assertRejects(() => registry.collectGarbage(1), RegistryError, "at least 2");
    assertEquals(await registry.collectGarbage(5), []);
    assertEquals(await registry.collectGarbage(3), [ids[0]]);
    later(2 * DAY);
    assertEquals((await registry.collectGarbage(2)).toSorted(), [waiting, ids[1], "f".repeat(64)].toSorted());
    assertEquals(Object.keys(await standings(registry)).toSorted(), [ids[2], ids[3]].toSorted());
    assertEquals((await Array.fromAsync(objects.list("bundles/"))).length, 6);
    assertEquals(await currentOf(registry), ids[3]);
    await registry.rollBack();
    assertEquals(await currentOf(registry), ids[2]);
    await assertRejects(() => registry.rollBack(), RegistryError, "there is none");
  });
});

Deno.test("a registry does not promote what is being deleted, and deletes it to the end the next time", async () => {
  await onEach(async (registry, objects, later) => {
    await promoted(registry, 1);
    const going = await candidate(2);
    await registry.publish(going);
    later(2 * DAY);
    const failing = new Registry({
      ...objects,
      location: objects.location,
      list: (prefix) => objects.list(prefix),
      delete: () => Promise.reject(new Error("the power is gone")),
    }, () => Date.now() + 2 * DAY);
    await assertRejects(() => failing.collectGarbage(2), Error, "power");
    await assertRejects(() => registry.promote(going.id), RegistryError, "being deleted");
    assertEquals(await registry.collectGarbage(2), [going.id]);
    await registry.publish(going);
    await registry.promote(going.id);
    assertEquals(await currentOf(registry), going.id);
  });
});

Deno.test("a registry says what is wrong with a file that does not say what is current", async () => {
  await onEach(async (registry, objects) => {
    for (const text of ["", "{}", "<html>"]) {
      await objects.put("current.json", new TextEncoder().encode(text));
      await assertRejects(() => registry.state(), RegistryError, "current.json is not valid");
    }
  });
});
