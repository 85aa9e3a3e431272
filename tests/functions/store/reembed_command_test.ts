import { assertEquals, assertLessOrEqual } from "@std/assert";
import { join } from "@std/path";
import { openDatabase } from "../../../functions/embed/store/open_database.ts";
import { SqlStore } from "../../../functions/embed/store/sql_store.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { boundsOf, isInShard } from "../../../shared/shard.ts";
import { promoted } from "../../shared/registry/candidates.ts";
import { manifest, photo } from "../test_app.ts";
import { BUNDLE, put } from "./test_stores.ts";

/** Starts the command as an operator does. */
function start(args: string[], environment: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: ["task", "--quiet", "store", "reembed", ...args],
    env: { BUNDLE: "fixtures/bundle", WORKERS: "1", ...environment },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
}

Deno.test("boundsOf() gives every picture to one part, and parts of nearly the same size", () => {
  for (const count of [1, 2, 3, 7, 100, 255, 256]) {
    const shards = Array.from({ length: count }, (_, i) => ({ part: i + 1, of: count }));
    const sizes = new Map<number, number>();
    for (let start = 0; start < 256; start++) {
      const sha256 = start.toString(16).padStart(2, "0") + "0".repeat(62);
      const having = shards.filter((shard) => isInShard(sha256, shard));
      assertEquals(having.length, 1, `${sha256} of ${count}`);
      sizes.set(having[0]!.part, (sizes.get(having[0]!.part) ?? 0) + 1);
    }
    assertEquals(sizes.size, count);
    assertLessOrEqual(Math.max(...sizes.values()) - Math.min(...sizes.values()), 1);
  }
  assertEquals(boundsOf({ part: 2, of: 4 }), ["40", "7f"]);
});

Deno.test("deno task store reembed takes pictures from files, part by part, and says which it cannot have", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [pictures, file] = [join(folder, "pictures", "deep"), join(folder, "store.db")];
    await Deno.mkdir(pictures, { recursive: true });
    const database = await openDatabase({ kind: "sqlite", path: file }, console.error);
    const store = new SqlStore(database);
    const photos = await Promise.all(Array.from({ length: 12 }, (_, number) => photo(number)));
    const hashes = await Promise.all(photos.map(sha256Hex));
    for (const [number, bytes] of photos.entries()) {
      await Deno.writeFile(join(pictures, `${number}.jpg`), bytes);
      await put(store, { id: `p${number}`, degrees: number * 30, sha256: hashes[number]! });
    }
    await put(store, { id: "same", degrees: 0, sha256: hashes[0]! }, {}, "another");
    await put(store, { id: "lost", degrees: 15, sha256: `00${"1".repeat(62)}` });

    const place = join(folder, "registry");
    const run = async (registry: string, ...args: string[]) => {
      const child = start(args, { STORE_URL: `sqlite://${file}`, REGISTRY: registry });
      const [{ code }, output, errors] = await Promise.all([
        child.status,
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      await child.stdin.close().catch(() => {}); // it is gone
      assertEquals(code, 0, errors);
      return output;
    };
    assertEquals(await run("", "--count"), "14\n");
    const from = ["--pictures", join(folder, "pictures")];
    const first = JSON.parse(await run("", ...from, "--shard", "1/2", "--json"));
    const isFirst = (sha256: string) => sha256 < "8";
    const mine = [...hashes, hashes[0]!].filter(isFirst).length;
    assertEquals(first, {
      bundle: manifest.id,
      pictures: mine,
      missed: [{ collection: "c", id: "lost", reason: "it was put without a URL", isUnreachable: false }],
    });
    for (const [number, sha256] of hashes.entries()) {
      const traces = await store.traces(manifest.id, sha256);
      assertEquals(traces?.bytes, isFirst(sha256) ? photos[number]!.length : undefined);
    }
    assertEquals(await store.missing(manifest.id), 13 - new Set(hashes.filter(isFirst)).size);
    assertEquals(await run("", ...from), "c\tlost\tit was put without a URL\n");
    assertEquals(await store.missing(manifest.id), 1);
    assertEquals((await store.picture(manifest.id, "another", "same"))?.bytes, photos[0]!.length);

    // A registry's current bundle is the one that is served.
    const [current] = await promoted(new Registry(createFolderStore(place, Deno)), 1);
    await store.deletePicture("c", "lost");
    assertEquals(JSON.parse(await run(place, ...from, "--json")), {
      ...{ bundle: current, pictures: 13, missed: [] },
    });
    assertEquals([await store.missing(current!), await store.missing(BUNDLE.id)], [0, 0]);
    await database.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("deno task store reembed that is attended ends, with what does its work, when who started it is gone", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "store.db");
  const database = await openDatabase({ kind: "sqlite", path: file }, console.error);
  const store = new SqlStore(database);
  await put(store, { id: "a", degrees: 0 });
  await put(store, { id: "b", degrees: 0 }, { url: "https://a.invalid/b.jpg" });
  const child = start(["--attended", "--per-second", "0.001"], {
    ...{ STORE_URL: `sqlite://${file}`, ALLOW_URLS: "a.invalid" },
  });
  const output = child.stdout.getReader();
  const { value } = await output.read(); // it waits for a quarter of an hour from here on
  assertEquals(new TextDecoder().decode(value), "c\ta\tit was put without a URL\n");
  await child.stdin.close();
  const [rest, { code }, errors] = await Promise.all([
    output.read(), // ends when nobody has it any more
    child.status,
    new Response(child.stderr).text(),
  ]);
  assertEquals([rest.done, code], [true, 1], errors);
  await database.close();
  await Deno.remove(folder, { recursive: true });
});
