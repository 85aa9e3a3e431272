import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openObjects, parseLocation } from "../../../shared/objects/location.ts";
import {
  ObjectChangedError,
  type ObjectStore,
  ObjectStoreError,
} from "../../../shared/objects/object_store.ts";
import { type S3Server, startS3 } from "../../python/s3_server.ts";

const HANDLES = { files: Deno, fetch };
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

let stores = 0;
/** New, empty stores: of a folder, of a bucket by s3:, and of the same by its URL. */
function eachStore(): ObjectStore[] {
  const name = `a place ${++stores}`;
  return [`${folder}/${name}`, `s3://bucket/${name}`, `${server.url}/bucket/by url/${name}/`].map((text) =>
    openObjects(parseLocation(text, (name) => server.environment[name]), HANDLES)
  );
}

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(store: ObjectStore, name: string): Promise<string | undefined> {
  const found = await store.get(name);
  return found && new TextDecoder().decode(found.bytes);
}

async function names(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ name }) => name).sort();
}

Deno.test("an object store keeps, lists and deletes objects", async () => {
  for (const store of eachStore()) {
    assertEquals([await read(store, "a/1.txt"), await names(store, "")], [undefined, []]);
    const odd = "a/b/ö & +%41<>.txt";
    for (const name of ["a/1.txt", odd, "aa.txt"]) await store.put(name, bytes(name));
    assertEquals(await read(store, odd), odd);
    assertEquals(await names(store, ""), ["a/1.txt", odd, "aa.txt"]);
    assertEquals(await names(store, "a/"), ["a/1.txt", odd]);
    assertEquals(await names(store, "a/b"), [odd]);
    const [info] = await Array.fromAsync(store.list("aa"));
    assertEquals(info!.bytes, 6);
    assert(Math.abs(info!.modified - Date.now()) < 60_000);
    await store.put("a/1.txt", bytes("other"));
    assertEquals(await read(store, "a/1.txt"), "other");
    for (const name of ["a/1.txt", "a/1.txt", "never"]) await store.delete(name);
    assertEquals(await names(store, "a/"), [odd]);
  }
});

Deno.test("an object store lists more objects than one answer of the server has", async () => {
  const [, bucket] = eachStore();
  const pages: string[] = [];
  const few = openObjects(parseLocation(bucket!.location, (name) => server.environment[name]), {
    files: Deno,
    fetch: (request) => {
      const url = new URL(request.url);
      if (url.searchParams.has("list-type")) pages.push(url.search);
      return fetch(request);
    },
  });
  for (let i = 0; i < 12; i++) await few.put(String(i), bytes("x"));
  assertEquals((await names(few, "")).length, 12);
  assertEquals(pages.length, 3);
});

Deno.test("an object store writes after a version only what nobody has written since", async () => {
  for (const store of eachStore()) {
    await store.put("current", bytes("1"), null);
    await assertRejects(() => store.put("current", bytes("2"), null), ObjectChangedError, "current");
    const { version } = (await store.get("current"))!;
    await store.put("current", bytes("3"), version);
    await assertRejects(() => store.put("current", bytes("4"), version), ObjectChangedError);
    await assertRejects(() => store.put("other", bytes("4"), version), ObjectChangedError);
    assertEquals([await read(store, "current"), await read(store, "other")], ["3", undefined]);
  }
});

Deno.test("an object store loses no write of writers at once that read before they write", async () => {
  for (const store of eachStore()) {
    const add = async (): Promise<void> => {
      const now = await store.get("count");
      try {
        const next = Number(now ? new TextDecoder().decode(now.bytes) : 0) + 1;
        await store.put("count", bytes(String(next)), now?.version ?? null);
      } catch (error) {
        if (!(error instanceof ObjectChangedError)) throw error;
        await add();
      }
    };
    await Promise.all(Array.from({ length: 8 }, add));
    assertEquals(await read(store, "count"), "8");
  }
});

Deno.test("a folder never shows a part of an object, and no file that was not finished", async () => {
  const [store] = eachStore();
  const sizes = new Set<number>();
  const write = async () => {
    for (let i = 0; i < 40; i++) await store!.put("big", new Uint8Array(i % 2 === 0 ? 300_000 : 200_000));
  };
  let writing = true;
  const done = write().finally(() => writing = false);
  while (writing) sizes.add((await store!.get("big"))?.bytes.length ?? 0);
  await done;
  sizes.delete(0);
  assertEquals([...sizes].filter((size) => size !== 300_000 && size !== 200_000), []);
  await Deno.writeFile(`${store!.location}/big.1.partial`, bytes("left by a crash"));
  assertEquals(await names(store!, ""), ["big"]);
});

Deno.test("an object store says which bucket or folder it cannot use, and why", async () => {
  const open = (text: string, environment = server.environment) =>
    openObjects(parseLocation(text, (name) => environment[name]), HANDLES);
  for (
    const [store, reason] of [
      [open("s3://none"), "404 NoSuchBucket"],
      [
        open("s3://bucket", { ...server.environment, AWS_SECRET_ACCESS_KEY: "wrong" }),
        "403 SignatureDoesNotMatch",
      ],
    ] as const
  ) {
    await assertRejects(() => store.get("a"), ObjectStoreError, reason);
    await assertRejects(() => store.put("a", bytes("a")), ObjectStoreError, reason);
    await assertRejects(() => Array.fromAsync(store.list("")), ObjectStoreError, reason);
  }
  const [store] = eachStore();
  for (const name of ["../a", "a//b", "", "a/./b"]) {
    await assertRejects(() => store!.put(name, bytes("a")), ObjectStoreError, "no dots alone");
  }
  for (const text of ["s3://", "https://server.example/", "https://server.example/b?x=1", "s3://a b"]) {
    assertThrows(() => parseLocation(text, () => undefined), ObjectStoreError, text);
  }
  assertThrows(
    () => parseLocation("s3://b", (name) => name === "AWS_ACCESS_KEY_ID" ? "a" : undefined),
    ObjectStoreError,
    "together",
  );
});

Deno.test("parseLocation() finds Amazon's own server, and folders", () => {
  const none = () => undefined;
  assertEquals(parseLocation("s3://photos/a/b/", none), {
    kind: "s3",
    bucket: "https://s3.us-east-1.amazonaws.com/photos",
    prefix: "a/b/",
    region: "us-east-1",
  });
  assertEquals(parseLocation("./registry/", none), { kind: "folder", path: "./registry" });
});

Deno.test("a bucket is asked again when the server is busy", async () => {
  let asked = 0;
  const store = openObjects(parseLocation("s3://bucket/busy", (name) => server.environment[name]), {
    files: Deno,
    fetch: (request) => {
      asked++;
      if (asked === 1) return Promise.resolve(new Response("", { status: 503 }));
      if (asked === 2) return Promise.reject(new TypeError("connection reset"));
      return fetch(request);
    },
  });
  await store.put("a", bytes("a"));
  assertEquals([asked, await read(store, "a")], [3, "a"]);
});
