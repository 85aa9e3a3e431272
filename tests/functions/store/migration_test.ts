import { assertEquals } from "@std/assert";
// @ts-types="@types/pg"
import pg from "pg";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import { MIGRATIONS } from "../../../functions/embed/store/postgres_schema.ts";
import { BUNDLE, command, embeddedOf, groupsOf, newDatabase, put, sha256Of } from "./test_stores.ts";

Deno.test("openPostgresStore() moves the vectors of a store of before, and indexes them", async () => {
  const address = await newDatabase();
  const rows = ["a", "b", "c"].map((id, number) => {
    const { embedding, traces } = embeddedOf({ id, degrees: 15 * number });
    return { id, number: number + 1, ...embedding, ...traces };
  });
  const hex = (bytes: Uint8Array) => `'\\x${bytes.toHex()}'`;
  await command(
    address,
    `${MIGRATIONS.slice(0, 4).join("; ")};
    CREATE TABLE lookalike_schema (version INTEGER NOT NULL);
    INSERT INTO lookalike_schema VALUES (4);
    INSERT INTO collections VALUES ('c', NULL, 'largest');
    INSERT INTO scopes (collection, bundle, threshold) VALUES ('c', '${BUNDLE.id}', 0.95);
    ${
      rows.map(({ id, number, sha256, vector, thumbnail }) => `
        INSERT INTO embeddings (bundle, sha256, vector, width, height, format, bytes, thumbnail) VALUES
          ('${BUNDLE.id}', '${sha256}', ${hex(new Uint8Array(vector.buffer))}, 100, 100, 'png', 1000,
           ${hex(thumbnail)});
        INSERT INTO pictures (collection, id, sha256, priority, created, metadata) VALUES
          ('c', '${id}', '${sha256}', 0, ${number}, '{}');
        INSERT INTO contents (scope, bundle, sha256, rank, vector) VALUES
          (1, '${BUNDLE.id}', '${sha256}', '${number}', '[${vector.join(",")}]');`).join("\n")
    }
    UPDATE contents SET canonical = 1 WHERE id = 2;
    INSERT INTO copies VALUES (2, 1, 0.966, 1);`,
  );

  const store = await openPostgresStore(address, console.error);
  assertEquals(await groupsOf(store), [["a", "b"]]);
  const nearest = async () => {
    const query = { sought: { sha256: sha256Of("c") }, k: 5, threshold: 0 };
    return (await store.search(BUNDLE.id, "c", query))!.map(({ id }) => id);
  };
  assertEquals(await nearest(), ["c", "b", "a"]);
  await put(store, { id: "d", degrees: 31 });
  assertEquals(await nearest(), ["c", "d", "b", "a"]);
  await store.deletePicture("c", "b");
  assertEquals(await nearest(), ["c", "d", "a"]);
  await store.close();

  const client = new pg.Client({ ...address, ssl: false });
  await client.connect();
  const { rows: indexes } = await client.query(
    "SELECT indexdef FROM pg_indexes WHERE tablename = 'vectors' AND indexdef LIKE '%USING hnsw%'",
  );
  await client.end();
  assertEquals(indexes.length, 1);
});
