import type { Manifest } from "../../../shared/bundle.ts";
import type { Inference } from "../inference/inference.ts";

/** A bundle whose encoder is loaded and warm. */
export interface LoadedBundle {
  readonly manifest: Manifest;
  readonly inference: Inference;
}

/** The bundles that an endpoint serves. They may change between two requests; a request stays with those that it took. */
export interface Bundles {
  /** What uploads are embedded with. */
  readonly current: LoadedBundle;
  /** What collections are answered from: the one before, until all that they have is embedded with the current one too. */
  readonly collections: LoadedBundle;
  /** Whether cached vectors of the bundle are answered: it is served, or was. */
  knows(id: string): boolean;
  /** Changes of the current bundle so far, and those that failed since the new bundle was not fit to be served. */
  readonly takeovers: { readonly done: number; readonly failed: number };
  /** Ends the inference of all of them. */
  close(): void;
}

/** One bundle for as long as the process runs. */
export function oneBundle(bundle: LoadedBundle): Bundles {
  return {
    current: bundle,
    collections: bundle,
    knows: (id) => id === bundle.manifest.id,
    takeovers: { done: 0, failed: 0 },
    close: () => bundle.inference.close(),
  };
}
