import { Gauge } from "prom-client";
import type { Log } from "../log.ts";
import type { CollectionSummary, Store } from "../store/store.ts";
import type { Serving } from "../takeover/serving.ts";
import type { Metrics } from "./metrics.ts";

/** Counting goes through a whole collection: it is done again after a minute at the earliest ... */
const MIN_AGE_MS = 60_000;
/** ... and takes no more of the store's time than this share. */
const SHARE = 0.01;

/**
 * What collections hold and save, when somebody collects: as it was counted last, while it is counted anew.
 *
 * @param now milliseconds that never run backwards
 */
export function observeCollections(
  store: Pick<Store, "collection" | "collectionNames">,
  { serving, metrics: { registry }, log, now = () => performance.now() }: {
    serving: Pick<Serving, "collections">;
    metrics: Metrics;
    log: Log;
    now?: () => number;
  },
): void {
  let summaries: CollectionSummary[] = [];
  let counting: Promise<void> | undefined;
  let nextAt = -Infinity;

  const count = async (): Promise<void> => {
    const start = now();
    try {
      const counted: CollectionSummary[] = [];
      for (const name of await store.collectionNames()) {
        const summary = await store.collection(serving.collections.manifest.id, name);
        if (summary) counted.push(summary);
      }
      summaries = counted;
    } catch (error) {
      log({ message: "Collections could not be counted", error });
    }
    nextAt = now() + Math.max(MIN_AGE_MS, (now() - start) / SHARE);
  };
  const refresh = async (): Promise<void> => {
    const isFirst = nextAt === -Infinity;
    if (now() >= nextAt) counting ??= count().finally(() => counting = undefined);
    if (isFirst) await counting;
  };

  const gauge = (name: string, help: string, valueOf: (summary: CollectionSummary) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["collection"],
      registers: [registry],
      async collect() {
        await refresh();
        this.reset();
        for (const summary of summaries) this.set({ collection: summary.name }, valueOf(summary));
      },
    });
  gauge("lookalike_collection_pictures", "Pictures of a collection", ({ pictures }) => pictures);
  gauge("lookalike_collection_bytes", "Bytes of a collection's pictures", ({ bytes }) => bytes);
  gauge(
    "lookalike_collection_saved_bytes",
    "Bytes of the pictures that another one of their collection can be served in place of",
    ({ bytesSaved }) => bytesSaved,
  );
}
