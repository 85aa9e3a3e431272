import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import { BUNDLE, groupsOf, put, sha256Of } from "./test_stores.ts";

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

Deno.test("a SQLite store finds the pictures of some bytes by the index, also in a file of before", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.db");
  const store = openSqliteStore(path);
  for (const [number, id] of ["a", "b", "c"].entries()) await put(store, { id, degrees: 10 * number });
  const groups = await groupsOf(store);
  const embedding = await store.get(BUNDLE.id, sha256Of("b"));
  await store.close();

  // As version 5 had it.
  const before = new DatabaseSync(path);
  before.exec(`
    CREATE TABLE was (bundle TEXT NOT NULL, sha256 TEXT NOT NULL, vector BLOB NOT NULL, width INTEGER NOT NULL,
      height INTEGER NOT NULL, format TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0,
      thumbnail BLOB NOT NULL DEFAULT x'', seen INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (sha256, bundle)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO was SELECT bundle, sha256, vector, width, height, format, bytes, thumbnail, seen FROM embeddings;
    DROP TABLE embeddings;
    ALTER TABLE was RENAME TO embeddings;
    DELETE FROM sqlite_stat1;
    PRAGMA user_version = 5;`);
  before.close();

  const after = openSqliteStore(path);
  assertEquals(await groupsOf(after), groups);
  assertEquals(await after.get(BUNDLE.id, sha256Of("b")), embedding);
  const found = await after.search(BUNDLE.id, "c", { sought: { sha256: sha256Of("b") }, k: 3, threshold: 0 });
  assertEquals(found!.map(({ id, replaceable }) => [id, replaceable]).sort(), [
    ["a", true],
    ["b", true],
    ["c", true],
  ]);
  await after.close();

  const operator = new DatabaseSync(path, { readOnly: true });
  const plan = operator.prepare(
    `EXPLAIN QUERY PLAN SELECT p.url, e.width FROM contents c JOIN pictures p ON p.collection = 'c' AND p.sha256 = c.sha256
     JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = 'b' WHERE c.id IN (1, 2)`,
  ).all().map(({ detail }) => String(detail));
  operator.close();
  assert(plan.some((step) => step.startsWith("SEARCH p USING INDEX pictures_by_content")), plan.join("; "));
  await Deno.remove(folder, { recursive: true });
});
