import process from "node:process";
import { createInterface } from "node:readline";
import type { Bundle } from "../../../shared/bundle.ts";
import { openObjects } from "../../../shared/objects/location.ts";
import { type ProgressBar, showProgress } from "../../../shared/progress.ts";
import { isInShard } from "../../../shared/shard.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import type { StoreAddress } from "../../../shared/store_address.ts";
import { readBundle } from "../bundle/read_bundle.ts";
import { loadFetchPicture } from "../dependencies.ts";
import { openInferencePool } from "../inference/inference_pool.ts";
import { createConsoleLog } from "../log.ts";
import { exitWithMessage } from "../stop.ts";
import { traitsOf } from "../store/bundle_traits.ts";
import { dropBundle, dropUnseen, listBundles } from "../store/collect_garbage.ts";
import { copyStore } from "../store/copy_store.ts";
import type { Database } from "../store/database.ts";
import { openDatabase } from "../store/open_database.ts";
import { findPictureFiles } from "../store/picture_files.ts";
import { countLacking, type Missed, reembed } from "../store/reembed.ts";
import { StoreError } from "../store/store.ts";
import type { CopyRequest, GarbageRequest, ReembedRequest, StoreRequest } from "./store_request.ts";

/* Carries out what store.ts writes to its standard input: a line of JSON. It is closed when store.ts is gone. */

const log = createConsoleLog("warn");
const lines = createInterface({ input: process.stdin });
const request: StoreRequest = await new Promise((resolve) =>
  lines.once("line", (line) => resolve(JSON.parse(line)))
);
lines.once("close", () => Deno.exit(1));
/** Hosts of pictures did not answer; what is done stays done. */
class UnreachablePicturesError extends Error {
  override name = "UnreachablePicturesError";
}

const commands = { copy, reembed: reembedStore, gc };
await commands[request.command](request as never).catch(exitWithMessage);
Deno.exit();

function bar(label: string, total: number): ProgressBar {
  return showProgress(label, total, process.stderr);
}

async function copy({ from, to }: CopyRequest): Promise<void> {
  await requireStore(from);
  const source = await openDatabase(from, log);
  const target = await openDatabase(to, log);
  let shown: ProgressBar | undefined;
  const copied = await copyStore(source, target, {
    begin(stage, total) {
      shown?.done();
      shown = bar(stage, total);
    },
    advance: (count) => shown?.advance(count),
  });
  shown?.done();
  console.log(
    `Copied ${copied.embeddings} embeddings and ${copied.pictures} pictures; all others were there`,
  );
  await source.close();
  await target.close();
}

async function reembedStore(request: ReembedRequest): Promise<void> {
  const { store, pictures, shard, perSecond, workers, maxBytes, maxPixels, maxSeconds } = request;
  const fetchPicture = await loadFetchPicture(request) ?? refuseAll;
  const bundle = await readServed(request);
  await requireStore(store);
  const database = await openDatabase(store, log);
  const traits = traitsOf(bundle.manifest);
  const total = await countLacking(database, traits.id, shard);
  if (request.count) return console.log(total);
  const missed: Missed[] = [];
  let done = 0;
  if (total > 0) {
    const isWanted = (sha256: string) => isInShard(sha256, shard);
    let shown: ProgressBar | undefined;
    const onFile = (count: number) => (shown ??= bar("files", count)).advance();
    const files = await findPictureFiles(pictures, { isWanted, maxBytes, onFile });
    shown?.done();
    const inference = await openInferencePool({ bundle, workers, maxPixels, maxSeconds, log });
    const embedding = bar("pictures", total);
    await reembed(database, {
      ...{ bundle: traits, inference, files, fetchPicture, shard, perSecond },
      onDone(count) {
        done += count;
        embedding.advance(count);
      },
      onMissed(miss) {
        missed.push(miss);
        embedding.advance();
        if (!request.json) console.log(`${miss.collection}\t${miss.id}\t${miss.reason}`);
      },
    });
    embedding.done();
    inference.close();
  }
  await database.close();
  if (request.json) console.log(JSON.stringify({ bundle: traits.id, pictures: done, missed }));
  console.error(
    `${done} pictures are under the bundle ${traits.id.slice(0, 8)} now; ${missed.length} cannot be`,
  );
  const unreachable = missed.filter(({ isUnreachable }) => isUnreachable);
  if (unreachable.length === 0) return;
  throw new UnreachablePicturesError(
    `Cannot embed ${unreachable.length} pictures: their hosts must answer; begin again later: ${
      unreachable[0]!.reason
    }`,
  );
}

/** The bundle that a server with these settings serves. */
async function readServed(
  { registry: location, bundle, maxBundleBytes: maxBytes, bundleSeconds: maxSeconds }: ReembedRequest,
): Promise<Bundle> {
  if (location !== undefined) {
    const registry = new Registry(openObjects(location, { files: Deno, fetch }));
    const current = (await registry.state()).bundles.at(-1);
    if (current) return await registry.read(current.id, current);
  }
  return await readBundle(bundle, { maxBytes, maxSeconds });
}

function refuseAll(): Promise<never> {
  return Promise.reject(new Error("its host is not in ALLOW_URLS, which is empty"));
}

async function gc({ store, bundle, notSeenSince, collection }: GarbageRequest): Promise<void> {
  await requireStore(store);
  const database = await openDatabase(store, log);
  const bundles = await listBundles(database);
  if (bundle !== undefined) {
    const found = bundles.filter((each) => each.bundle.startsWith(bundle));
    if (found.length !== 1) {
      throw new StoreError(
        `Cannot drop the bundle: --bundle must tell one of the store's bundles from the others: received ${bundle}, and there are ${
          bundles.map((each) => each.bundle).join(", ") || "none"
        }`,
      );
    }
    const shown = bar("embeddings", found[0]!.pictures);
    await dropBundle(database, found[0]!.bundle, shown.advance);
    shown.done();
  }
  if (notSeenSince !== undefined) {
    await requireCollection(database, collection);
    const dropped = await dropUnseen(database, { before: notSeenSince, collection }, () => {});
    console.log(`Dropped ${dropped.pictures} pictures and ${dropped.embeddings} embeddings of no collection`);
  }
  if (bundle === undefined && notSeenSince === undefined) {
    for (const each of bundles) console.log(`${each.bundle}\t${each.pictures} embeddings`);
  }
  await database.close();
}

async function requireCollection(database: Database, collection: string | undefined): Promise<void> {
  if (collection === undefined) return;
  const [row] = await database.query("SELECT name FROM collections WHERE name = $1", collection);
  if (!row) {
    throw new StoreError(
      `Cannot drop pictures: --collection must be one of the store's collections: received ${collection}`,
    );
  }
}

/** @throws {StoreError} if there is no such file: opening it would make one */
async function requireStore(store: StoreAddress): Promise<void> {
  if (store.kind !== "sqlite" || store.path === undefined) return;
  const { path } = store;
  try {
    await Deno.stat(path);
  } catch (cause) {
    throw new StoreError(
      `Cannot use the store: a SQLite file that can be read is required: received ${path}: ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
}
