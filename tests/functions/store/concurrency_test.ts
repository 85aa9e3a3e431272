import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import type { Store } from "../../../functions/embed/store/store.ts";
import { openThreadedStore } from "../../../functions/embed/store/threaded_store.ts";
import { BUNDLE, groupsOf, newDatabase, put } from "./test_stores.ts";

const PICTURES = 12;

/** Writers with a connection each put their pictures into one collection, and search it, all at once. */
async function crowd(writers: number, open: () => Promise<Store>): Promise<void> {
  const stores = await Promise.all(Array.from({ length: writers }, open));
  await Promise.all(stores.map(async (store, writer) => {
    for (let number = 0; number < PICTURES; number++) {
      // Every writer has a copy of each of the twelve.
      const degrees = number * 30 + writer;
      await put(store, { id: `${number} ${writer}`, degrees, width: 100 + writer });
      const sought = { vector: Float32Array.of(1, 0) };
      const found = await store.search(BUNDLE.id, "c", { sought, k: 100, threshold: -1 });
      assertEquals(found!.some(({ id }) => id === `${number} ${writer}`), true);
    }
  }));
  const groups = await groupsOf(stores[0]!);
  const last = writers - 1;
  const expected = Array.from({ length: PICTURES }, (_, number) => [
    `${number} ${last}`,
    ...Array.from({ length: last }, (_, writer) => `${number} ${writer}`),
  ]);
  assertEquals(groups.sort(), expected.sort());
  for (const store of stores) await store.close();
}

Deno.test("four threads that write to one SQLite file lose nothing, and see each other's pictures", async () => {
  const folder = await Deno.makeTempDir();
  await crowd(4, () => openThreadedStore(join(folder, "store.db")));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("eight clients that write to one PostgreSQL lose nothing, and see each other's pictures", async () => {
  const address = await newDatabase();
  await crowd(8, () => openPostgresStore(address, console.error));
});
