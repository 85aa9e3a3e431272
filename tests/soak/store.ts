import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { fromFileUrl, join } from "@std/path";
// @ts-types="@types/pg"
import pg from "pg";
import { openDatabase } from "../../functions/embed/store/open_database.ts";
import { openStore } from "../../functions/embed/store/open_store.ts";
import type { Group, Store } from "../../functions/embed/store/store.ts";
import { type StoreAddress, storeAddressSchema } from "../../shared/store_address.ts";
import { RandomStream } from "../../trainer/data/random.ts";
import { startPostgres } from "../functions/store/postgres_server.ts";
import { BUNDLE, COLLECTION, pictureOf } from "./store/pictures.ts";

const WRITER = fromFileUrl(new URL("./store/writer.ts", import.meta.url));
const ALLOWED = ["--allow-read", "--allow-write", "--allow-env", "--allow-net=127.0.0.1"];
const KILLS = 20;
const PROCESSES = 8;

interface Result {
  store: string;
  seconds: number;
  acknowledged: number;
  /** Pictures that were there without the process having lived to say so. */
  unsaid: number;
  crowd: number;
}

/**
 * `deno task soak store [pictures]`: on either store, a process that puts pictures is killed by SIGKILL twenty times, and goes
 * on from the first that it had no answer for; and eight processes put and search at once. What was answered must be
 * there, once, and the groups those of a store that was left alone.
 */
export async function run([pictures = "10000"]: string[]): Promise<void> {
  const count = Number(pictures);
  const folder = await Deno.makeTempDir();
  const server = await startPostgres();
  try {
    const results = [
      await soak("SQLite", (name) => Promise.resolve(`sqlite://${join(folder, `${name}.db`)}`), count),
      await soak("PostgreSQL", (name) => newDatabase(server.url, name), count),
    ];
    console.log(table(count, results));
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function newDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return url.replace(/\/postgres$/, `/${name}`);
}

async function soak(
  name: string,
  address: (name: string) => Promise<string>,
  count: number,
): Promise<Result> {
  const began = performance.now();
  const expected = await groupsAlone(count);
  const [killed, crowded] = [await address("killed"), await address("crowded")];
  const { acknowledged, unsaid } = await kill(killed, count);
  await check(killed, count, expected);
  console.error(`${name}: killed ${KILLS} times`);

  const each = Math.floor(count / PROCESSES);
  const writers = Array.from({ length: PROCESSES }, (_, i) => write(crowded, i * each, (i + 1) * each));
  for (const { ended, said } of writers) {
    assertEquals(await ended, 0, "a writer failed");
    assertEquals(said.length, each);
  }
  await check(crowded, each * PROCESSES, await groupsAlone(each * PROCESSES));
  const seconds = (performance.now() - began) / 1000;
  return { store: name, seconds, acknowledged, unsaid, crowd: each * PROCESSES };
}

/** Kills at moments spread over all pictures. */
async function kill(url: string, count: number): Promise<{ acknowledged: number; unsaid: number }> {
  const random = new RandomStream(5, 0, 0, "start");
  let next = 0, unsaid = 0;
  for (let i = 0; i < KILLS; i++) {
    const until = Math.floor((i + random.uniform()) * 0.95 * count / KILLS);
    const { child, ended, said } = write(url, next, count);
    while (next + said.length < until || said.length === 0) {
      if (await Promise.race([ended, delay(1)]) !== undefined) throw new Error("the writer ended by itself");
    }
    await delay(random.uniform() * 20);
    child.kill("SIGKILL");
    await ended;
    const from = next;
    next += said.length;
    assertEquals(said, Array.from({ length: said.length }, (_, place) => from + place));
    unsaid += await checkKept(url, next);
  }
  const { ended } = write(url, next, count);
  assertEquals(await ended, 0, "the writer failed after the last kill");
  return { acknowledged: next, unsaid };
}

/** All that was answered is there; how many more are. */
async function checkKept(url: string, acknowledged: number): Promise<number> {
  const store = await openStore(parse(url), console.error);
  const { pictures } = (await store.collection(BUNDLE.id, COLLECTION))!;
  for (let number = 0; number < acknowledged; number++) {
    const { sha256 } = pictureOf(number).record;
    assertEquals(
      (await store.picture(BUNDLE.id, COLLECTION, `${number}`))?.sha256,
      sha256,
      `${number} is lost`,
    );
  }
  await store.close();
  assert(pictures - acknowledged <= 1, `${pictures} pictures, of which ${acknowledged} were answered`);
  return pictures - acknowledged;
}

async function check(url: string, count: number, expected: string[]): Promise<void> {
  const database = await openDatabase(parse(url), console.error);
  const [contents] = await database.query(
    "SELECT count(*) AS all_of_them, count(DISTINCT sha256) AS different FROM contents",
  );
  assertEquals([Number(contents!["all_of_them"]), Number(contents!["different"])], [count, count]);
  await database.close();
  const store = await openStore(parse(url), console.error);
  const { pictures } = (await store.collection(BUNDLE.id, COLLECTION))!;
  assertEquals(pictures, count);
  assertEquals(await groupsOf(store), expected);
  await store.close();
}

/** The groups of a store that nobody disturbs. */
async function groupsAlone(count: number): Promise<string[]> {
  const store = await openStore({ kind: "sqlite", path: undefined }, console.error);
  const all = Array.from({ length: count }, (_, number) => pictureOf(number));
  await store.putMany(BUNDLE.id, all.map(({ embedded }) => embedded));
  await store.putPictures(BUNDLE, COLLECTION, all.map(({ record }) => record));
  const groups = await groupsOf(store);
  await store.close();
  return groups;
}

async function groupsOf(store: Store): Promise<string[]> {
  const all: Group[] = [];
  for (let after: string | null = ""; after !== null;) {
    const page = await store.groups(BUNDLE.id, COLLECTION, { after, limit: 1000 });
    all.push(...page.groups);
    after = page.next;
  }
  return all.map(({ canonical, members }) => [canonical.id, ...members.map(({ id }) => id).sort()].join(" "));
}

function write(url: string, from: number, to: number) {
  const child = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--no-check", ...ALLOWED, WRITER, url, `${from}`, `${to}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said: number[] = [];
  const read = async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      said.push(...lines.map(Number));
    }
  };
  const ended = Promise.all([child.status, read()]).then(([{ code }]) => code);
  return { child, ended, said };
}

function parse(url: string): StoreAddress {
  return storeAddressSchema.parse(url);
}

function table(count: number, results: Result[]): string {
  return [
    `${count} pictures, ${KILLS} kills; then ${PROCESSES} processes at once:`,
    "",
    "| store | answered before a kill | there without an answer | by processes at once | time |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...results.map(({ store, acknowledged, unsaid, crowd, seconds }) =>
      `| ${store} | ${acknowledged} | ${unsaid} | ${crowd} | ${seconds.toFixed(0)} s |`
    ),
  ].join("\n");
}
