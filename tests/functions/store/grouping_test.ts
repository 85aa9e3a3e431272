import { assertEquals } from "@std/assert";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import {
  BUNDLE,
  embeddedOf,
  groupsOf,
  put,
  recordOf,
  sha256Of,
  type TestPicture,
  testStores,
} from "./test_stores.ts";

/** The same numbers every time, from 0 to 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}

function shuffled<T>(items: T[], random: () => number): T[] {
  return items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Pictures all around the circle, so close that copies of copies are everywhere; some have one size. */
function pictures(count: number, random: () => number): TestPicture[] {
  return Array.from({ length: count }, (_, number) => ({
    id: `p${number}`,
    degrees: Math.floor(random() * 360) + random() / 2,
    width: 10 + Math.floor(random() * 20),
  }));
}

/**
 * What the rules mean, without anything that is kept up to date: by rank, each is canonical unless it is a copy of one
 * that is, and goes to the canonical one of lower rank that is most like it. All thumbnails are equal, and all pictures
 * square, so that every larger picture can stand in for its copies.
 */
function expectedGroups(all: TestPicture[]): string[][] {
  const alike = (a: TestPicture, b: TestPicture) => Math.cos((a.degrees - b.degrees) / 180 * Math.PI);
  const byRank = all.toSorted((a, b) => b.width! - a.width! || (sortKey(a) < sortKey(b) ? -1 : 1));
  const groups = new Map<TestPicture, string[]>();
  for (const picture of byRank) {
    const [nearest] = [...groups.keys()].filter((each) => alike(each, picture) >= 0.95)
      .sort((a, b) => alike(b, picture) - alike(a, picture));
    if (nearest) groups.get(nearest)!.push(picture.id);
    else groups.set(picture, []);
  }
  return [...groups].filter(([, members]) => members.length > 0)
    .map(([canonical, members]) => [canonical.id, ...members.sort()]);
}

const sortKey = ({ id, sha256 = sha256Of(id) }: TestPicture) => sha256;

Deno.test("groups do not depend on the order in which pictures come and go", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = randomNumbers(seed);
    const all = pictures(40, random);
    const passing = pictures(15, random).map((picture) => ({ ...picture, id: `gone ${picture.id}` }));
    const stay = expectedGroups(all);
    for (let order = 0; order < 2; order++) {
      const store = openSqliteStore(undefined);
      for (const picture of shuffled([...all, ...passing], random)) await put(store, picture);
      for (const { id } of shuffled(passing, random)) await store.deletePicture("c", id);
      assertEquals(await groupsOf(store), stay, `seed ${seed}, order ${order}`);
      await store.close();
    }
  }
});

testStores("groups are those of the rules, whatever comes, goes and changes its rank", async (store) => {
  const random = randomNumbers(99);
  const now = new Map<string, TestPicture>();
  for (let step = 0; step < 60; step++) {
    const [some] = shuffled([...now.keys()], random);
    if (some !== undefined && random() < 0.3) {
      now.delete(some);
      await store.deletePicture("c", some);
    } else {
      const [picture] = pictures(1, random) as [TestPicture];
      // Other bytes under the same id, or a new id.
      const id = some !== undefined && random() < 0.2 ? some : `s${step}`;
      const next = { ...picture, id, sha256: sha256Of(`step ${step}`) };
      now.set(id, next);
      await put(store, next);
    }
  }
  assertEquals(await groupsOf(store), expectedGroups([...now.values()]));
});

testStores(
  "groups are those of the rules when pictures come in batches, the last of each id",
  async (store) => {
    const random = randomNumbers(7);
    const all = pictures(300, random);
    const replaced = shuffled(all, random).slice(0, 40).map((picture, number) => ({
      ...picture,
      degrees: random() * 360,
      sha256: sha256Of(`replaced ${number}`),
    }));
    const coming = [...shuffled(all, random), ...replaced];
    await store.putMany(BUNDLE.id, coming.map(embeddedOf));
    for (let from = 0, next; from < coming.length; from = next) {
      next = from + 1 + Math.floor(random() * 150);
      const records = coming.slice(from, next).map((picture) => recordOf(picture));
      const put = await store.putPictures(BUNDLE, "c", records);
      assertEquals(
        put.map((result) => result?.isNew),
        records.map((_, place) => from + place < all.length),
      );
    }
    const now = new Map(coming.map((picture) => [picture.id, picture]));
    assertEquals(await groupsOf(store), expectedGroups([...now.values()]));
  },
);
