import process from "node:process";
import { type ProgressBar, showProgress } from "../../../shared/progress.ts";
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
import { countLacking, reembed } from "../store/reembed.ts";
import { StoreError } from "../store/store.ts";
import type { CopyRequest, GarbageRequest, ReembedRequest, StoreRequest } from "./store_request.ts";

/* Carries out what store.ts writes to its standard input. */

const log = createConsoleLog("warn");
const request: StoreRequest = await new Response(Deno.stdin.readable).json();
const commands = { copy, reembed: reembedStore, gc };
await commands[request.command](request as never).catch(exitWithMessage);
Deno.exit();

function bar(label: string, total: number): ProgressBar {
  return showProgress(label, total, process.stderr);
}

async function copy({ from, to }: CopyRequest): Promise<void> {
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
  const { store, perSecond, maxBundleBytes, bundleSeconds, workers, maxPixels, maxSeconds } = request;
  const fetchPicture = await loadFetchPicture(request) ?? refuseAll;
  const bundle = await readBundle(request.bundle, { maxBytes: maxBundleBytes, maxSeconds: bundleSeconds });
  const database = await openDatabase(store, log);
  const inference = await openInferencePool({ bundle, workers, maxPixels, maxSeconds, log });
  const traits = traitsOf(bundle.manifest);
  const shown = bar("pictures", await countLacking(database, traits.id));
  let done = 0, missed = 0;
  await reembed(database, {
    ...{ bundle: traits, inference, fetchPicture, perSecond },
    onDone(count) {
      done += count;
      shown.advance(count);
    },
    onMissed({ collection, id, reason }) {
      missed++;
      shown.advance();
      console.log(`${collection}\t${id}\t${reason}`);
    },
  });
  shown.done();
  console.error(`${done} pictures are under the bundle ${traits.id.slice(0, 8)} now; ${missed} cannot be`);
  inference.close();
  await database.close();
}

function refuseAll(): Promise<never> {
  return Promise.reject(new Error("its host is not in ALLOW_URLS, which is empty"));
}

async function gc({ store, bundle, notSeenSince, collection }: GarbageRequest): Promise<void> {
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
