import type { Manifest } from "../../../shared/bundle.ts";
import { createEmbedder, type Embedder, type EmbedderOptions } from "../inference/embedder.ts";
import { observeInference } from "../observe/observe_inference.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Bundles, LoadedBundle } from "./bundles.ts";

/** A bundle as requests use it: they take it once, and stay with it. */
export interface ServedBundle {
  readonly manifest: Manifest;
  readonly embedder: Embedder;
}

/** The bundles that are served at this moment. */
export interface Serving extends Pick<Bundles, "knows"> {
  readonly current: ServedBundle;
  readonly collections: ServedBundle;
}

/** Gives every loaded bundle a queue of its own. */
export function createServing(
  bundles: Bundles,
  metrics: Metrics,
  options: Omit<EmbedderOptions, "bundle" | "inference">,
): Serving {
  const served = new WeakMap<LoadedBundle, ServedBundle>();
  const serve = (loaded: LoadedBundle): ServedBundle => {
    let found = served.get(loaded);
    if (!found) {
      const { manifest } = loaded;
      const inference = observeInference(loaded.inference, metrics);
      found = { manifest, embedder: createEmbedder({ ...options, bundle: manifest.id, inference }) };
      served.set(loaded, found);
    }
    return found;
  };
  return {
    get current() {
      return serve(bundles.current);
    },
    get collections() {
      return serve(bundles.collections);
    },
    knows: (id) => bundles.knows(id),
  };
}
