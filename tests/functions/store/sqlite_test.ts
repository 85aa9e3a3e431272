import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import { BUNDLE, groupsOf, put } from "./test_stores.ts";

Deno.test("a SQLite store reports what went wrong, also where SQLite has taken the transaction back itself", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.db");
  const store = openSqliteStore(path);
  await put(store, { id: "a", degrees: 0 });
  const operator = new DatabaseSync(path);
  operator.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON pictures BEGIN SELECT RAISE(ROLLBACK, 'no room for pictures'); END",
  );
  await assertRejects(() => put(store, { id: "b", degrees: 1 }), Error, "no room for pictures");
  operator.exec("DROP TRIGGER refuse");
  operator.close();
  await put(store, { id: "b", degrees: 1 });
  assertEquals((await groupsOf(store)).map((ids) => ids.sort()), [["a", "b"]]);
  assertEquals((await store.collection(BUNDLE.id, "c"))!.pictures, 2);
  await store.close();
  await Deno.remove(folder, { recursive: true });
});
