import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import type { BundleTraits, PictureRecord, Store } from "../../../functions/embed/store/store.ts";
import { StoreError } from "../../../functions/embed/store/store.ts";
import {
  BUNDLE,
  command,
  embeddedOf,
  groupsOf,
  newDatabase,
  put,
  recordOf,
  sha256Of,
  type TestPicture,
  testStores,
} from "./test_stores.ts";

const ids = async (store: Store) => (await groupsOf(store)).map((group) => group.join(" "));

const search = async (store: Store, degrees: number, k: number, threshold = -1) => {
  const radians = degrees / 180 * Math.PI;
  const vector = Float32Array.of(Math.cos(radians), Math.sin(radians));
  return (await store.search(BUNDLE.id, "c", { sought: { vector }, k, threshold }))!;
};

testStores(
  "put() keeps an embedding to the bit, for its bundle alone, and the first one only",
  async (store) => {
    const embedding = (value: number) => ({
      sha256: sha256Of("a"),
      width: 4,
      height: 3,
      format: "png",
      vector: Float32Array.of(value, -value),
    });
    const traces = { bytes: 1, thumbnail: new Uint8Array() };
    await store.put("one", embedding(0.1), traces);
    await store.put("two", embedding(0.2), traces);
    await store.put("two", embedding(0.3), traces);
    assertEquals(await store.get("one", sha256Of("a")), embedding(0.1));
    assertEquals(await store.get("two", sha256Of("a")), embedding(0.2));
    assertEquals(await store.get("three", sha256Of("a")), undefined);
  },
);

testStores(
  "putPicture() keeps what was said of a picture, and replaces it under the same id",
  async (store) => {
    const record = { url: "https://a.example/ä.png", metadata: { tags: ["ö", null, 1.5] }, created: 1e12 };
    assertEquals(await put(store, { id: "ü/1", degrees: 0 }, record), true);
    const picture = {
      ...{ ...record, id: "ü/1", sha256: sha256Of("ü/1"), priority: 0 },
      ...{ bytes: 1000, width: 100, height: 100, format: "png" },
    };
    assertEquals(await store.picture(BUNDLE.id, "c", "ü/1"), picture);
    assertEquals(
      await put(store, { id: "ü/1", degrees: 40, sha256: sha256Of("x") }, { metadata: {} }),
      false,
    );
    assertEquals(await store.picture(BUNDLE.id, "c", "ü/1"), {
      ...picture,
      sha256: sha256Of("x"),
      url: null,
      metadata: {},
    });
    assertEquals((await search(store, 0, 10)).map(({ id }) => id), ["ü/1"]);
    assertEquals(await store.picture(BUNDLE.id, "other", "ü/1"), undefined);
  },
);

testStores("putPicture() answers undefined for bytes that the bundle has not embedded", async (store) => {
  const record = { id: "a", sha256: sha256Of("a"), url: null, priority: 0, created: null, metadata: {} };
  assertEquals(await store.putPicture(BUNDLE, "c", record), undefined);
  assertEquals(await store.collection(BUNDLE.id, "c"), undefined);
});

testStores(
  "putMany() and putPictures() do what put() and putPicture() do, picture by picture",
  async (store) => {
    const pictures = [0, 10, 90, 10].map((degrees, number) => ({ id: `p${number}`, degrees }));
    await store.put(BUNDLE.id, embeddedOf({ id: "p0", degrees: 5 }).embedding, {
      bytes: 1,
      thumbnail: new Uint8Array(),
    });
    await store.putMany(BUNDLE.id, [...pictures, pictures[1]!].map(embeddedOf));
    assertEquals((await store.traces(BUNDLE.id, sha256Of("p0")))!.bytes, 1);
    assertEquals(await store.get(BUNDLE.id, sha256Of("p3")), embeddedOf(pictures[3]!).embedding);
    const unknown = { id: "unknown", degrees: 0 };
    const records = [...pictures.slice(0, 2), unknown, pictures[0]!, pictures[2]!].map((each) =>
      recordOf(each)
    );
    const results = await store.putPictures(BUNDLE, "c", records);
    assertEquals(results.map((result) => result?.isNew), [true, true, undefined, false, true]);
    assertEquals((await search(store, 0, 10)).map(({ id }) => id), ["p0", "p1", "p2"]);
    assertEquals(await store.putPictures(BUNDLE, "c", []), []);
    await store.putMany(BUNDLE.id, []);
  },
);

testStores("search() finds the nearest, the most alike first, above the threshold", async (store) => {
  for (const degrees of [0, 10, 20, 30, 90, 180]) await put(store, { id: `at ${degrees}`, degrees });
  await put(store, { id: "elsewhere", degrees: 0 }, {}, "d");
  const found = await search(store, 12, 3);
  assertEquals(found.map(({ id }) => id), ["at 10", "at 20", "at 0"]);
  assertAlmostEquals(found[0]!.score, Math.cos(2 / 180 * Math.PI), 1e-6);
  assertEquals((await search(store, 0, 10, 0.9)).map(({ id }) => id), ["at 0", "at 10", "at 20"]);
  assertEquals((await search(store, 0, 10)).length, 6);
  await store.deletePicture("c", "at 10");
  assertEquals((await search(store, 12, 2)).map(({ id }) => id), ["at 20", "at 0"]);
});

testStores("search() names every picture of the same bytes", async (store) => {
  for (const id of ["a", "b", "c"]) await put(store, { id, degrees: 0, sha256: sha256Of("same") });
  await put(store, { id: "d", degrees: 10 });
  assertEquals((await search(store, 0, 2)).map(({ id }) => id), ["a", "b"]);
  assertEquals((await search(store, 0, 10)).map(({ id }) => id), ["a", "b", "c", "d"]);
});

testStores("groups() have the largest picture and its copies, and do not chain", async (store) => {
  // Each is a copy of the next, but the first is none of the last.
  await put(store, { id: "small", degrees: 0, width: 10 });
  await put(store, { id: "middle", degrees: 15, width: 20 });
  await put(store, { id: "large", degrees: 30, width: 30 });
  assertEquals(await ids(store), ["large middle"]);
  await store.deletePicture("c", "large");
  assertEquals(await ids(store), ["middle small"]);
});

testStores("deletePicture() elects the next canonical picture", async (store) => {
  for (const width of [10, 40, 20, 30]) await put(store, { id: `w${width}`, degrees: width / 10, width });
  assertEquals(await ids(store), ["w40 w10 w20 w30"]);
  assertEquals((await store.deletePicture("c", "w40"))?.includes(sha256Of("w40")), true);
  assertEquals(await store.deletePicture("c", "w40"), undefined);
  assertEquals(await ids(store), ["w30 w10 w20"]);
});

testStores(
  "a collection goes by the threshold of the precision that it chose, under each bundle",
  async (store) => {
    const bundles = [[0.99, 0.9], [0.999, 0.97]].map(([precision, threshold]) => ({
      ...{ precision: precision!, threshold: threshold! },
    }));
    const traits: BundleTraits = { ...BUNDLE, thresholds: bundles };
    const lower: BundleTraits = { ...traits, id: "a".repeat(64), thresholds: bundles.slice(0, 1) };
    // The three are 0, 18.1 and 23 degrees apart from the first: cosines of 0.951 and 0.921.
    const pictures = [0, 18.1, 23].map((degrees, number) => ({
      id: `at ${degrees}`,
      degrees,
      width: 100 - number,
    }));
    const canonicals = async (bundle: BundleTraits, collection: string) => {
      for (const picture of pictures) {
        const { embedding, traces } = embeddedOf(picture);
        await store.put(bundle.id, embedding, traces);
        await store.putPicture(bundle, collection, recordOf(picture));
      }
      const { groups } = await store.groups(bundle.id, collection, { after: "", limit: 10 });
      return groups.map(({ members }) => members.length);
    };
    await store.makeCollection("loose", { threshold: null, precision: 0.99, canonical: "largest" });
    await store.makeCollection("strict", { threshold: null, precision: 0.999, canonical: "largest" });
    assertEquals((await store.collection(BUNDLE.id, "strict"))?.precision, 0.999);
    assertEquals(await canonicals(traits, "loose"), [2]);
    assertEquals(await canonicals(traits, "usual"), [1]);
    // The two that are 4.9 degrees apart are copies of each other alone.
    assertEquals(await canonicals(traits, "strict"), [1]);
    assertEquals((await store.placement(traits.id, "strict", { id: "at 18.1" }))?.canonical.id, "at 18.1");
    // A bundle that does not reach the precision has the highest that it has.
    assertEquals(await canonicals(lower, "strict"), [2]);
  },
);

testStores("putPicture() tells what groups it changed: none if it says nothing new", async (store) => {
  const a: TestPicture = { id: "a", degrees: 0 };
  const b: TestPicture = { id: "b", degrees: 5, width: 200 };
  for (const picture of [a, b]) await put(store, picture);
  const changedBy = async (record: Partial<PictureRecord>) =>
    (await store.putPicture(BUNDLE, "c", recordOf(a, record)))!.changed.sort();
  assertEquals(await changedBy({}), []);
  assertEquals(await changedBy({ url: "https://a.example/" }), [sha256Of("b")]);
  assertEquals(await changedBy({ url: "https://a.example/" }), []);
  assertEquals(await changedBy({ url: "https://a.example/", priority: 1 }), [sha256Of("a"), sha256Of("b")]);
  // Another bundle has no place for it yet, though nothing else is said of it.
  const other = { ...BUNDLE, id: "c".repeat(64) };
  const { embedding, traces } = embeddedOf(a);
  await store.put(other.id, embedding, traces);
  await store.putPicture(other, "c", recordOf(a, { url: "https://a.example/", priority: 1 }));
  assertEquals((await store.placement(other.id, "c", { id: "a" }))?.canonical.id, "a");
});

testStores("groups() put a preferred picture first, and go by age where that is the rule", async (store) => {
  assertEquals(
    await store.makeCollection("c", { threshold: 0.99, precision: null, canonical: "oldest" }),
    true,
  );
  await put(store, { id: "a", degrees: 0, width: 30 }, { created: 3000 });
  await put(store, { id: "b", degrees: 5, width: 20 }, { created: 2000 });
  await put(store, { id: "c", degrees: 12, width: 10 }, { created: 1000 }); // 12 degrees are 0.978
  assertEquals(await ids(store), ["c b"]);
  await put(store, { id: "a", degrees: 0, width: 30 }, { priority: 1 });
  assertEquals(await ids(store), ["a b"]);
  assertEquals((await store.picture(BUNDLE.id, "c", "a"))!.created, 3000);
  assertEquals(
    await store.makeCollection("c", { threshold: 0.9, precision: null, canonical: "oldest" }),
    false,
  );
});

testStores("placement() names the picture to serve instead, and whether it can be", async (store) => {
  await put(store, { id: "large", degrees: 0, width: 400 });
  await put(store, { id: "resized", degrees: 1, width: 200 });
  await put(store, { id: "edited", degrees: 2, width: 300, grey: 200 });
  const placed = async (key: { id: string } | { sha256: string }) => {
    const placement = await store.placement(BUNDLE.id, "c", key);
    return placement && [placement.picture.id, placement.canonical.id, placement.replaceable];
  };
  assertEquals(await placed({ id: "resized" }), ["resized", "large", true]);
  assertEquals(await placed({ sha256: sha256Of("edited") }), ["edited", "large", false]);
  assertEquals(await placed({ id: "large" }), ["large", "large", true]);
  assertEquals(await placed({ id: "none" }), undefined);
});

testStores(
  "collection() counts pictures, groups and the bytes that canonical pictures save",
  async (store) => {
    await put(store, { id: "large", degrees: 0, width: 400 });
    await put(store, { id: "same", degrees: 0, width: 400, sha256: sha256Of("large") });
    await put(store, { id: "resized", degrees: 1, width: 200 });
    await put(store, { id: "edited", degrees: 2, width: 300, grey: 200 });
    await put(store, { id: "other", degrees: 90, width: 100 });
    assertEquals(await store.collection(BUNDLE.id, "c"), {
      ...{ name: "c", threshold: null, precision: null, canonical: "largest" },
      ...{ pictures: 5, contents: 4, groups: 1, bytes: 14_000, bytesSaved: 6000 },
    });
  },
);

testStores("groups() come in pages, each once", async (store) => {
  for (let pair = 0; pair < 5; pair++) {
    for (const width of [10, 20]) await put(store, { id: `${pair} ${width}`, degrees: pair * 60, width });
  }
  const seen: string[] = [];
  for (let after: string | null = ""; after !== null;) {
    const page = await store.groups(BUNDLE.id, "c", { after, limit: 2 });
    assert(page.groups.length <= 2);
    seen.push(...page.groups.map(({ canonical }) => canonical.id));
    after = page.next;
  }
  assertEquals(seen.toSorted(), [0, 1, 2, 3, 4].map((pair) => `${pair} 20`));
});

Deno.test("openPostgresStore() opens what it has made, and says why it cannot open another", async () => {
  const address = await newDatabase();
  const first = await openPostgresStore(address, console.error);
  await put(first, { id: "a", degrees: 0 });
  await first.close();
  const second = await openPostgresStore(address, console.error);
  assertEquals((await second.picture(BUNDLE.id, "c", "a"))!.id, "a");
  await second.close();
  await command(address, "UPDATE lookalike_schema SET version = 99");
  for (const wrong of [{}, { database: "none" }, { port: 5433 }, { tls: "verify-full" }] as const) {
    const open = openPostgresStore({ ...address, ...wrong }, console.error);
    const { message } = await assertRejects(() => open, StoreError, "Cannot open the store: STORE_URL");
    assertEquals(message.includes("\n"), false);
  }
});

testStores("missing() counts what a bundle has not embedded of all collections", async (store) => {
  const other = { ...BUNDLE, id: "other" };
  assertEquals(await store.missing(BUNDLE.id), 0);
  await put(store, { id: "a", degrees: 0 });
  await put(store, { id: "b", degrees: 90 });
  await put(store, { id: "a again", degrees: 0, sha256: sha256Of("a") });
  assertEquals([await store.missing(BUNDLE.id), await store.missing("other")], [0, 2]);
  for (const [id, left] of [["a", 1], ["b", 0]] as const) {
    const { embedding, traces } = embeddedOf({ id, degrees: 0 });
    await store.put("other", embedding, traces);
    await store.putPicture(other, "c", recordOf({ id, degrees: 0 }));
    assertEquals(await store.missing("other"), left);
  }
});
