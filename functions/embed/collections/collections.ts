import { type Context, Hono, type MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import type { Manifest } from "../../../shared/bundle.ts";
import {
  collectionRequestSchema,
  type CollectionResponse,
  putPictureSchema,
  type RecordFields,
  searchRequestSchema,
} from "../../../shared/collections_api.ts";
import { bundleTag, collectionTag, groupTag, pictureTag } from "../cache_tags.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import { NotCachedError } from "../request_errors.ts";
import type { EmbedEachOptions } from "../routes/embed_each.ts";
import { fromInput, type PictureSource } from "../routes/picture_source.ts";
import type { BundleTraits, Placement, Sought, Store } from "../store/store.ts";
import { groupItem, matchItem, placedPicture } from "./answers.ts";
import { parseJson, parseQuery, readBody } from "./body.ts";
import { cacheShortly } from "./caching.ts";
import {
  CollectionNotEmptyError,
  InvalidParameterError,
  NoUrlError,
  UnknownCollectionError,
  UnknownPictureError,
} from "./errors.ts";
import {
  canonicalQuerySchema,
  duplicatesQuerySchema,
  groupsQuerySchema,
  noQuerySchema,
  recordQuerySchema,
  requireCollectionName,
  requirePictureId,
  searchQuerySchema,
} from "./parameters.ts";

export interface CollectionsOptions extends EmbedEachOptions {
  manifest: Manifest;
  store: Store;
  /** Undefined where URLs are not enabled. */
  fetchPicture: FetchPicture | undefined;
  /** What a request goes through first: one that reads, one that changes, and one that may have a picture. */
  guards: { read: MiddlewareHandler; write: MiddlewareHandler; upload: MiddlewareHandler };
}

type Signalled = Context<{ Variables: { signal: AbortSignal } }>;

const COLLECTION = "/v1/collections/:collection";
const PICTURE = `${COLLECTION}/images/:id`;

/** Collections of pictures: putting them in, looking up their like, and the groups of those that are copies. */
export function createCollections(options: CollectionsOptions): Hono {
  const { manifest, store, guards } = options;
  const bundle: BundleTraits = {
    id: manifest.id,
    dimensions: manifest.embedding.dimensions,
    copyThreshold: manifest.similarity.copyThreshold,
  };
  const app = new Hono();

  app.put(COLLECTION, guards.write, guards.upload, async (c) => {
    const name = collectionOf(c);
    parseQuery(noQuerySchema, c.req.query());
    const body = await readBody(c);
    const { threshold, canonical } = parseJson(
      collectionRequestSchema,
      "json" in body ? body.json : undefined,
    );
    if (!await store.makeCollection(name, { threshold: threshold ?? null, canonical })) {
      throw new CollectionNotEmptyError(
        `Cannot change the collection: it must be empty to have other settings: ${name} has pictures`,
      );
    }
    return c.json(await describe(name), 200, { "Cache-Control": "no-store" });
  });

  app.get(COLLECTION, guards.read, etag(), async (c) => {
    const name = collectionOf(c);
    parseQuery(noQuerySchema, c.req.query());
    const answer = await describe(name);
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(name)]);
    return c.json(answer);
  });

  app.put(PICTURE, guards.write, guards.upload, async (c: Signalled) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { sha256, ...record } = await readRecord(c);
    const put = await store.putPicture(bundle, collection, { id, sha256, ...record });
    if (!put) throw notCached(sha256);
    const placement = await requirePlacement(collection, { id });
    return c.json(placedPicture(placement), put.isNew ? 201 : 200, { "Cache-Control": "no-store" });
  });

  app.delete(PICTURE, guards.write, async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    parseQuery(noQuerySchema, c.req.query());
    if (!await store.deletePicture(collection, id)) throw unknownPicture(collection, id);
    return c.body(null, 204);
  });

  app.get(PICTURE, guards.read, etag(), async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const placement = await requirePlacement(collectionOf(c), { id: pictureOf(c) });
    tag(c, placement);
    return c.json(placedPicture(placement));
  });

  app.post(`${COLLECTION}/search`, guards.read, guards.upload, async (c: Signalled) => {
    const collection = collectionOf(c);
    const { sought, k, threshold } = await readSearch(c, collection);
    return c.json(await findMatches(collection, { sought, k, threshold }), 200, {
      "Cache-Control": "no-store",
    });
  });

  app.get(`${PICTURE}/duplicates`, guards.read, etag(), async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { k } = parseQuery(duplicatesQuerySchema, c.req.query());
    const placement = await requirePlacement(collection, { id });
    const sought = { sha256: placement.picture.sha256 };
    const { data, ...answer } = await findMatches(collection, { sought, k: k + 1 });
    tag(c, placement);
    return c.json({ ...answer, data: data.filter((match) => match.id !== id).slice(0, k) });
  });

  app.get(`${COLLECTION}/groups`, guards.read, etag(), async (c) => {
    const name = collectionOf(c);
    await describe(name);
    const { groups, next } = await store.groups(
      bundle.id,
      name,
      parseQuery(groupsQuerySchema, c.req.query()),
    );
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(name)]);
    return c.json({ object: "list", data: groups.map(groupItem), model: bundle.id, next });
  });

  app.get(`${PICTURE}/canonical`, guards.read, etag(), async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { redirect } = parseQuery(canonicalQuerySchema, c.req.query());
    const placement = await store.placement(bundle.id, collection, { id }) ??
      await requirePlacement(collection, { sha256: id });
    tag(c, placement);
    if (!redirect) return c.json(placedPicture(placement));
    const { picture, canonical, replaceable } = placement;
    const url = (replaceable ? canonical.url : null) ?? picture.url;
    if (url === null) {
      throw new NoUrlError(
        `Cannot redirect: the picture must have been put with its url: ${picture.id} was not`,
      );
    }
    c.header("Link", `<${url}>; rel="canonical"`);
    return c.redirect(url, 307);
  });

  const describe = async (name: string): Promise<CollectionResponse> => {
    const summary = await store.collection(bundle.id, name);
    if (!summary) {
      throw new UnknownCollectionError(`Cannot answer: the collection must exist: there is no ${name}`);
    }
    const { threshold, bytesSaved, ...rest } = summary;
    return {
      object: "collection",
      model: bundle.id,
      threshold: threshold ?? bundle.copyThreshold,
      ...rest,
      bytes_saved: bytesSaved,
    };
  };

  const requirePlacement = async (collection: string, key: { id: string } | { sha256: string }) => {
    const placement = await store.placement(bundle.id, collection, key);
    if (placement) return placement;
    throw unknownPicture(collection, "id" in key ? key.id : key.sha256);
  };

  const findMatches = async (
    collection: string,
    query: { sought: Sought; k: number; threshold?: number },
  ) => {
    const found = await store.search(bundle.id, collection, query);
    if (!found) throw notCached("sha256" in query.sought ? query.sought.sha256 : "the picture");
    return { object: "list" as const, data: found.map(matchItem), model: bundle.id };
  };

  const tag = (c: Context, { picture, canonical }: Placement): void => {
    cacheShortly(c, [bundleTag(bundle.id), pictureTag(picture.sha256), groupTag(canonical.sha256)]);
  };

  /** SHA-256 of the picture, which is embedded now. */
  const embed = async (picture: PictureSource, signal: AbortSignal): Promise<string> => {
    const work = async () => (await options.embed(await picture.read(signal), signal)).embedding.sha256;
    return await (picture.isRemote ? options.fetching.run(work, signal) : work());
  };

  const embedInput = async (
    { input, sha256 }: { input?: Parameters<typeof fromInput>[0]; sha256?: string },
    signal: AbortSignal,
  ): Promise<string> => sha256 ?? await embed(fromInput(input!, "input", options.fetchPicture), signal);

  const readRecord = async (c: Signalled) => {
    const body = await readBody(c);
    if ("bytes" in body) {
      const record = parseQuery(recordQuerySchema, c.req.query());
      const source = { isRemote: false, read: () => Promise.resolve(body.bytes) };
      return { sha256: await embed(source, c.get("signal")), ...recordOf(record) };
    }
    parseQuery(noQuerySchema, c.req.query());
    const { input, sha256, ...record } = parseJson(putPictureSchema, body.json);
    return { sha256: await embedInput({ input, sha256 }, c.get("signal")), ...recordOf(record) };
  };

  const readSearch = async (c: Signalled, collection: string) => {
    const body = await readBody(c);
    if ("bytes" in body) {
      const query = parseQuery(searchQuerySchema, c.req.query());
      const source = { isRemote: false, read: () => Promise.resolve(body.bytes) };
      return { sought: { sha256: await embed(source, c.get("signal")) }, ...query };
    }
    parseQuery(noQuerySchema, c.req.query());
    const { input, sha256, id, vector, ...query } = parseJson(searchRequestSchema, body.json);
    if (vector) return { sought: { vector: requireVector(vector) }, ...query };
    if (id !== undefined) {
      const { picture } = await requirePlacement(collection, { id });
      return { sought: { sha256: picture.sha256 }, ...query };
    }
    return { sought: { sha256: await embedInput({ input, sha256 }, c.get("signal")) }, ...query };
  };

  /** Of unit length, as those of the store are. */
  const requireVector = (vector: number[]): Float32Array => {
    const length = Math.hypot(...vector);
    if (vector.length === bundle.dimensions && length > 0 && Number.isFinite(length)) {
      return Float32Array.from(vector, (value) => value / length);
    }
    throw new InvalidParameterError(
      `Cannot search: vector must have the bundle's ${bundle.dimensions} numbers, not all of them 0: received ${vector.length}`,
      { param: "vector" },
    );
  };

  return app;
}

function collectionOf(c: Context): string {
  return requireCollectionName(c.req.param("collection") ?? "");
}

function pictureOf(c: Context): string {
  return requirePictureId(c.req.param("id") ?? "");
}

function recordOf({ url, priority, created, metadata }: RecordFields) {
  return { url: url ?? null, priority, created: created ? Date.parse(created) : null, metadata };
}

function notCached(sha256: string): Error {
  return new NotCachedError(
    `Cannot look up the picture: it must have been embedded before by the bundle that is served: ${sha256} was not`,
    { param: "sha256" },
  );
}

function unknownPicture(collection: string, id: string): Error {
  return new UnknownPictureError(
    `Cannot answer: the picture must be in the collection ${collection}: there is no ${JSON.stringify(id)}`,
    { param: "id" },
  );
}
