import type { Store } from "../store/store.ts";
import type { Metrics } from "./metrics.ts";

/** The store, with what it was asked counted: how often it had a picture, and how long looking took. */
export function observeStore(store: Store, { cacheLookups, stageSeconds }: Metrics): Store {
  return {
    async get(bundle, sha256) {
      const end = stageSeconds.startTimer({ stage: "store" });
      const found = await store.get(bundle, sha256);
      end();
      cacheLookups.inc({ result: found === undefined ? "miss" : "hit" });
      return found;
    },
    put: (bundle, embedding) => store.put(bundle, embedding),
    close: () => store.close(),
  };
}
