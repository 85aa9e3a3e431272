import type { Store } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";

/** What of a store is counted. */
type Lookups = Pick<Store, "get" | "put">;

/** Looking up embeddings, counted: how often the store had a picture, and how long looking took. */
export function observeStore(store: Lookups, { cacheLookups, stageSeconds }: Metrics): Lookups {
  return {
    async get(bundle, sha256) {
      const end = stageSeconds.startTimer({ stage: "store" });
      const found = await store.get(bundle, sha256);
      end();
      cacheLookups.inc({ result: found === undefined ? "miss" : "hit" });
      return found;
    },
    put: (bundle, embedding, traces) => store.put(bundle, embedding, traces),
  };
}
