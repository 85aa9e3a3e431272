import type { MiddlewareHandler } from "hono";
import type { CollectionResponse, MatchItem } from "../../../shared/collections_api.ts";
import type { Log } from "../log.ts";
import type { Embed, EmbedEachOptions } from "../routes/embed_each.ts";
import { traitsOf } from "../store/bundle_traits.ts";
import { copyThreshold } from "../store/copy_threshold.ts";
import type { BundleTraits, PictureRecord, Placement, Sought, Store } from "../store/store.ts";
import type { Serving } from "../takeover/serving.ts";
import { matchItem } from "./answers.ts";
import { notCached, unknownCollection, unknownPicture } from "./errors.ts";
import { createRequestReader, type RequestReaderOptions } from "./request_reader.ts";

/** Collections as the bundle sees them that a request is answered from. */
export interface CollectionsView {
  bundle: BundleTraits;
  reader: ReturnType<typeof createRequestReader>;
  /** As the store's `putPicture`. */
  put(collection: string, record: PictureRecord): ReturnType<Store["putPicture"]>;
  /** @throws {UnknownCollectionError} if there is none of that name */
  requireCollection(collection: string): Promise<void>;
  /** @throws {UnknownCollectionError} if there is none of that name */
  describe(collection: string): Promise<CollectionResponse>;
  /** @throws {UnknownPictureError} if there is none of that id or SHA-256 */
  requirePlacement(collection: string, key: { id: string } | { sha256: string }): Promise<Placement>;
  /** @throws {NotCachedError} if a picture is looked for that the bundle has not embedded */
  findMatches(
    collection: string,
    query: { sought: Sought; k: number; threshold?: number },
  ): Promise<{ object: "list"; data: MatchItem[]; model: string }>;
}

declare module "hono" {
  interface ContextVariableMap {
    /** Of a request to collections: stays the same, whatever is served meanwhile. */
    view: CollectionsView;
  }
}

export interface ViewOptions extends Pick<EmbedEachOptions, "fetching"> {
  serving: Serving;
  store: Store;
  fetchPicture: RequestReaderOptions["fetchPicture"];
  log: Log;
}

/**
 * Gives each request its view. As long as collections are answered from another bundle than uploads are embedded with,
 * pictures are put under both, so that the change to the new one comes to an end.
 */
export function viewCollections(
  { serving, store, fetching, fetchPicture, log }: ViewOptions,
): MiddlewareHandler {
  const makeView = (): CollectionsView => {
    const { collections: answering, current } = serving;
    const both = answering === current ? [answering] : [answering, current];
    const [bundle, next] = both.map(({ manifest }) => traitsOf(manifest)) as [BundleTraits, BundleTraits?];
    const logFailure = (error: unknown) => {
      log({ level: "warn", message: "A picture is not embedded with the new bundle yet", error });
    };
    const embed: Embed = async (bytes, signal) => {
      const own = next && bytes.slice(); // each takes its bytes for good
      const [result] = await Promise.all([
        answering.embedder.embed(bytes, signal),
        own && current.embedder.embed(own, signal).catch(logFailure),
      ]);
      return result;
    };
    return {
      bundle,
      reader: createRequestReader({ bundle, store, embed, fetching, fetchPicture }),
      async put(collection, record) {
        const put = await store.putPicture(bundle, collection, record);
        if (put && next) await store.putPicture(next, collection, record).catch(logFailure);
        return put;
      },
      async requireCollection(name) {
        if (!await store.collectionSettings(name)) throw unknownCollection(name);
      },
      async describe(name) {
        const summary = await store.collection(bundle.id, name);
        if (!summary) throw unknownCollection(name);
        const { bytesSaved, ...rest } = summary;
        return {
          object: "collection",
          model: bundle.id,
          ...rest,
          threshold: copyThreshold(summary, bundle),
          bytes_saved: bytesSaved,
        };
      },
      async requirePlacement(collection, key) {
        const placement = await store.placement(bundle.id, collection, key);
        if (placement) return placement;
        throw unknownPicture(collection, "id" in key ? key.id : key.sha256);
      },
      async findMatches(collection, query) {
        const found = await store.search(bundle.id, collection, query);
        if (!found) throw notCached("sha256" in query.sought ? query.sought.sha256 : "the picture");
        return { object: "list", data: found.map(matchItem), model: bundle.id };
      },
    };
  };
  return async function view(c, next) {
    c.set("view", makeView());
    await next();
  };
}
