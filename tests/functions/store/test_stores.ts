// @ts-types="@types/pg"
import pg from "pg";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import { openSqliteStore } from "../../../functions/embed/store/sqlite.ts";
import type { BundleTraits, Embedded, PictureRecord, Store } from "../../../functions/embed/store/store.ts";
import { type PostgresAddress, storeAddressSchema } from "../../../shared/store_address.ts";
import { openThreadedStore } from "../../../functions/embed/store/threaded_store.ts";
import { THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { startPostgres } from "./postgres_server.ts";

export const BUNDLE: BundleTraits = { id: "b".repeat(64), dimensions: 2, copyThreshold: 0.95 };

export const server = await startPostgres();
Deno.test.afterAll(() => server.close());

let databases = 0;
const shared = await newDatabase();

/** Address of a new, empty database. */
export async function newDatabase(): Promise<PostgresAddress> {
  const address = storeAddressSchema.parse(server.url) as PostgresAddress;
  const database = `test_${databases++}`;
  await command(address, `CREATE DATABASE ${database}`);
  return { ...address, database };
}

/** Runs SQL as an operator would. */
export async function command(address: PostgresAddress, sql: string): Promise<void> {
  const client = new pg.Client({ ...address, ssl: false });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function openEmptyPostgres(): Promise<Store> {
  const store = await openPostgresStore(shared, console.error);
  await command(shared, "TRUNCATE embeddings, collections, pictures, scopes, contents, vectors, copies");
  return store;
}

/** One suite for all drivers: each test runs on an empty store of every kind. */
export function testStores(name: string, test: (store: Store) => Promise<void>): void {
  const drivers: [string, () => Promise<Store>][] = [
    ["SQLite", () => Promise.resolve(openSqliteStore(undefined))],
    ["SQLite in a worker", () => openThreadedStore(undefined)],
    ["PostgreSQL", openEmptyPostgres],
  ];
  for (const [driver, open] of drivers) {
    Deno.test(`store: ${name} (${driver})`, async () => {
      const store = await open();
      try {
        await test(store);
      } finally {
        await store.close();
      }
    });
  }
}

/** What a test says of a picture. */
export interface TestPicture {
  id: string;
  /** Its vector's direction: pictures whose degrees differ by 18 or less are copies, at the threshold 0.95. */
  degrees: number;
  width?: number;
  /** Grey level of its thumbnail. */
  grey?: number;
  /** Its bytes, unless they are like no other's. */
  sha256?: string;
}

/** SHA-256 that stands for the bytes of that name. */
export function sha256Of(name: string): string {
  return Array.from(name.padEnd(32), (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("")
    .slice(0, 64);
}

/** A picture's embedding, and what is kept beside it. */
export function embeddedOf(
  { id, degrees, width = 100, grey = 128, sha256 = sha256Of(id) }: TestPicture,
): Embedded {
  const radians = degrees / 180 * Math.PI;
  const vector = Float32Array.of(Math.cos(radians), Math.sin(radians));
  return {
    embedding: { sha256, width, height: width, format: "png", vector },
    traces: { bytes: width * 10, thumbnail: new Uint8Array(THUMBNAIL_BYTES).fill(grey) },
  };
}

/** What is said of a picture that is put. */
export function recordOf(
  { id, sha256 = sha256Of(id) }: TestPicture,
  record: Partial<PictureRecord> = {},
): PictureRecord {
  return { id, sha256, url: null, priority: 0, created: null, metadata: {}, ...record };
}

/** Keeps a picture's embedding, and puts it into a collection. */
export async function put(
  store: Store,
  picture: TestPicture,
  record: Partial<PictureRecord> = {},
  collection = "c",
): Promise<boolean> {
  const { embedding, traces } = embeddedOf(picture);
  await store.put(BUNDLE.id, embedding, traces);
  const put = await store.putPicture(BUNDLE, collection, recordOf(picture, record));
  return put!.isNew;
}

/** Ids of each group, the canonical one first and the others sorted. */
export async function groupsOf(store: Store, collection = "c"): Promise<string[][]> {
  const { groups } = await store.groups(BUNDLE.id, collection, { after: "", limit: 1000 });
  return groups.map(({ canonical, members }) => [canonical.id, ...members.map(({ id }) => id).sort()]);
}
