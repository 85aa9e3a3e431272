import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { dropBundle, dropUnseen, listBundles } from "../../../functions/embed/store/collect_garbage.ts";
import { copyStore, StoreConflictError } from "../../../functions/embed/store/copy_store.ts";
import type { Database } from "../../../functions/embed/store/database.ts";
import { openDatabase } from "../../../functions/embed/store/open_database.ts";
import { countLacking, type Missed, reembed } from "../../../functions/embed/store/reembed.ts";
import { SqlStore } from "../../../functions/embed/store/sql_store.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { BUNDLE, embeddedOf, groupsOf, newDatabase, put, recordOf, sha256Of } from "./test_stores.ts";

const quiet = { begin() {}, advance() {} };
const inMemory = () => openDatabase({ kind: "sqlite", path: undefined }, console.error);

async function fill(database: Database): Promise<SqlStore> {
  const store = new SqlStore(database);
  const pictures = Array.from({ length: 30 }, (_, number) => ({
    ...{ id: `p${number}`, degrees: number * 12, width: 50 + (number * 7) % 30 },
  }));
  for (const picture of pictures) {
    await put(store, picture, {
      url: `https://a.example/${picture.id}`,
      metadata: { a: [picture.id] },
      created: 5,
    });
  }
  await store.makeCollection("strict", { threshold: 0.999, precision: null, canonical: "oldest" });
  await put(store, pictures[3]!, { priority: 4 }, "strict");
  return store;
}

async function contentsOf(store: SqlStore) {
  const { groups } = await store.groups(BUNDLE.id, "c", { after: "", limit: 100 });
  return {
    groups: groups.map(({ canonical, members }) => [canonical, members.map(({ id }) => id)]),
    strict: await store.picture(BUNDLE.id, "strict", "p3"),
    summary: await store.collection(BUNDLE.id, "strict"),
    vector: (await store.get(BUNDLE.id, sha256Of("p7")))!.vector,
  };
}

Deno.test("copyStore() carries all into PostgreSQL and back, and goes on where it was ended", async () => {
  const [first, last] = [await inMemory(), await inMemory()];
  const postgres = await openDatabase(await newDatabase(), console.error);
  const store = await fill(first);
  const stopped = copyStore(first, postgres, {
    begin() {},
    advance() {
      throw new Error("ended");
    },
  });
  await assertRejects(() => stopped, Error, "ended");
  assertEquals(await copyStore(first, postgres, quiet), { embeddings: 0, pictures: 31 });
  assertEquals(await copyStore(first, postgres, quiet), { embeddings: 0, pictures: 0 });
  await put(store, { id: "late", degrees: 1 });
  assertEquals(await copyStore(first, postgres, quiet), { embeddings: 1, pictures: 1 });
  assertEquals(await copyStore(postgres, last, quiet), { embeddings: 31, pictures: 32 });
  const expected = await contentsOf(store);
  assertEquals(await contentsOf(new SqlStore(postgres)), expected);
  assertEquals(await contentsOf(new SqlStore(last)), expected);
  for (const database of [first, postgres, last]) await database.close();
});

Deno.test("copyStore() refuses a collection that has other settings there", async () => {
  const [first, other] = [await inMemory(), await inMemory()];
  await fill(first);
  await new SqlStore(other).makeCollection("strict", {
    threshold: 0.5,
    precision: null,
    canonical: "oldest",
  });
  await assertRejects(
    () => copyStore(first, other, quiet),
    StoreConflictError,
    "strict must have the same settings",
  );
  for (const database of [first, other]) await database.close();
});

for (
  const [driver, open] of [
    ["SQLite", inMemory],
    ["PostgreSQL", async () => await openDatabase(await newDatabase(), console.error)],
  ] as const
) {
  Deno.test(`dropBundle() and dropUnseen() leave what is wanted (${driver})`, async () => {
    const database = await open();
    const store = await fill(database);
    const other = { ...BUNDLE, id: "c".repeat(64) };
    const embedded = embeddedOf({ id: "p1", degrees: 0 });
    await store.put(other.id, embedded.embedding, embedded.traces);
    await store.putPicture(other, "c", recordOf({ id: "p1", degrees: 0 }));
    await store.put(other.id, { ...embedded.embedding, sha256: sha256Of("cached") }, embedded.traces);
    assertEquals(await listBundles(database), [
      { bundle: BUNDLE.id, pictures: 30 },
      { bundle: other.id, pictures: 2 },
    ]);
    const before = await contentsOf(store);
    let dropped = 0;
    await dropBundle(database, other.id, (count) => dropped += count);
    assertEquals(dropped, 2);
    assertEquals(await listBundles(database), [{ bundle: BUNDLE.id, pictures: 30 }]);
    assertEquals(await contentsOf(store), before);
    assertEquals(await store.search(other.id, "c", { sought: { vector: Float32Array.of(1, 0) }, k: 5 }), []);

    await store.put(BUNDLE.id, { ...embedded.embedding, sha256: sha256Of("cached") }, embedded.traces);
    const yesterday = Date.now() - 2 * 86_400_000;
    await database.query("UPDATE pictures SET seen = $1 WHERE id <> 'p4'", yesterday);
    await database.query("UPDATE embeddings SET seen = $1", yesterday);
    await store.get(BUNDLE.id, sha256Of("p5"));
    const since = yesterday + 1;
    assertEquals(await dropUnseen(database, { before: since, collection: "strict" }, () => {}), {
      ...{ pictures: 1, embeddings: 0 },
    });
    const gone = await dropUnseen(database, { before: since }, () => {});
    // Of 31 embeddings that of p4 has a picture, and that of p5 was asked for.
    assertEquals(gone, { pictures: 29, embeddings: 29 });
    assertEquals(await groupsOf(store), []);
    assertEquals((await store.picture(BUNDLE.id, "c", "p4"))!.id, "p4");
    assertEquals((await store.get(BUNDLE.id, sha256Of("p5"))) !== undefined, true);
    await database.close();
  });
}

Deno.test("reembed() fills another bundle from URLs, and says which pictures it cannot have", async () => {
  const database = await inMemory();
  const store = new SqlStore(database);
  const bytesOf = (id: string) => new TextEncoder().encode(id);
  for (const [number, id] of ["a", "b", "changed", "gone", "nowhere"].entries()) {
    const sha256 = await sha256Hex(bytesOf(id));
    const url = id === "nowhere" ? null : `https://a.example/${id}`;
    await put(store, { id, degrees: number * 40, sha256 }, { url });
  }
  const other = { ...BUNDLE, id: "c".repeat(64) };
  const fetched: string[] = [], missed: Missed[] = [];
  let done = 0;
  const options = {
    ...{ bundle: other, perSecond: 200, onDone: (count: number) => done += count },
    onMissed: (miss: Missed) => missed.push(miss),
    fetchPicture(url: string) {
      fetched.push(url);
      const id = url.split("/").at(-1)!;
      if (id === "gone") return Promise.reject(new Error("status 404"));
      return Promise.resolve(bytesOf(id === "changed" ? "other" : id));
    },
    inference: {
      slots: 2,
      infer: () =>
        Promise.resolve({
          ...{ width: 9, height: 9, format: "png", vector: Float32Array.of(0, 1) },
          thumbnail: new Uint8Array(THUMBNAIL_BYTES),
          times: { decode: 0, preprocess: 0, infer: 0, thumbnail: 0 },
        }),
      close() {},
    },
  };
  assertEquals(await countLacking(database, other.id), 5);
  await reembed(database, options);
  assertEquals(done, 2);
  assertEquals(missed.map(({ id, reason }) => [id, reason]).sort(), [
    ["changed", "its URL has other bytes now"],
    ["gone", "status 404"],
    ["nowhere", "it was put without a URL"],
  ]);
  const { groups } = await store.groups(other.id, "c", { after: "", limit: 10 });
  assertEquals(groups.map(({ members }) => members.length), [1]);
  assertEquals((await store.collection(BUNDLE.id, "c"))!.contents, 5);
  fetched.length = 0;
  await reembed(database, options);
  assertEquals(fetched.sort(), ["https://a.example/changed", "https://a.example/gone"]);
  await database.close();
});

Deno.test("deno task store copies a file and drops from it, under named permissions", async () => {
  const folder = await Deno.makeTempDir();
  const [from, to] = ["from.db", "to.db"].map((name) => join(folder, name));
  const database = await openDatabase({ kind: "sqlite", path: from }, console.error);
  const expected = await contentsOf(await fill(database));
  await database.close();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command("deno", {
      args: ["task", "--quiet", "store", ...args],
    })
      .output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  const copied = await run("copy", `sqlite://${from}`, `sqlite://${to}`);
  assertEquals(
    [copied.code, copied.text.includes("Copied 30 embeddings and 31 pictures")],
    [0, true],
    copied.text,
  );
  const copy = await openDatabase({ kind: "sqlite", path: to }, console.error);
  assertEquals(await contentsOf(new SqlStore(copy)), expected);
  const unknown = await run("gc", "--store", `sqlite://${to}`, "--bundle", "ff");
  assertEquals([unknown.code, unknown.text.includes("--bundle must tell one")], [1, true], unknown.text);
  const dropped = await run("gc", "--store", `sqlite://${to}`, "--bundle", BUNDLE.id.slice(0, 8));
  assertEquals([dropped.code, await listBundles(copy)], [0, []], dropped.text);
  await copy.close();
  await Deno.remove(folder, { recursive: true });
});
