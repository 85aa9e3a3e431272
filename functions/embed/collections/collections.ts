import { Hono, type MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import { type BulkResponse, collectionRequestSchema } from "../../../shared/collections_api.ts";
import { bundleTag, collectionTag } from "../cache_tags.ts";
import type { Webhook } from "../webhook/webhook.ts";
import { groupItem, placedPicture } from "./answers.ts";
import { parseJson, parseQuery, readBody } from "./body.ts";
import { type BulkLimits, putBulk } from "./bulk.ts";
import { createBrowsing } from "./browsing.ts";
import { cacheShortly, tagPlacement as tag } from "./caching.ts";
import { CollectionNotEmptyError, notCached, NoUrlError, unknownPicture } from "./errors.ts";
import {
  canonicalQuerySchema,
  collectionOf,
  duplicatesQuerySchema,
  groupsQuerySchema,
  noQuerySchema,
  pictureOf,
  redirectsQuerySchema,
} from "./parameters.ts";
import { requirePrecision } from "./require_precision.ts";
import { COLLECTION, PICTURE, PICTURES } from "./paths.ts";
import { redirectsBody } from "./redirects.ts";
import type { Signalled } from "./request_reader.ts";
import { viewCollections, type ViewOptions } from "./view.ts";

export interface CollectionsOptions extends ViewOptions {
  /** What a request goes through first: one that reads, one that changes, one that may have a picture, and a list. */
  guards: Record<"read" | "write" | "upload" | "list", MiddlewareHandler>;
  limits: BulkLimits;
  /** Is told what groups change. */
  tell: Webhook["tell"] | undefined;
}

/** Collections of pictures: putting them in, looking up their like, and the groups of those that are copies. */
export function createCollections(options: CollectionsOptions): Hono {
  const { store, guards, limits, log, tell } = options;
  const app = new Hono();
  app.use("/v1/collections/*", viewCollections(options));
  app.route("/", createBrowsing(options));

  app.put(COLLECTION, guards.write, guards.upload, async (c) => {
    const name = collectionOf(c);
    parseQuery(noQuerySchema, c.req.query());
    const body = readBody(c);
    const { threshold = null, precision = null, canonical } = parseJson(
      collectionRequestSchema,
      "json" in body ? body.json : undefined,
    );
    requirePrecision(precision, c.get("view").bundle);
    if (!await store.makeCollection(name, { threshold, precision, canonical })) {
      throw new CollectionNotEmptyError(
        `Cannot change the collection: it must be empty to have other settings: ${name} has pictures`,
      );
    }
    return c.json(await c.get("view").describe(name), 200, { "Cache-Control": "no-store" });
  });

  app.get(COLLECTION, guards.read, etag(), async (c) => {
    const name = collectionOf(c);
    parseQuery(noQuerySchema, c.req.query());
    const { bundle, describe } = c.get("view");
    const answer = await describe(name);
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(name)]);
    return c.json(answer);
  });

  app.put(PICTURE, guards.write, guards.upload, async (c: Signalled) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { bundle, reader, put: putPicture, requirePlacement } = c.get("view");
    const { sha256, ...record } = await reader.record(c);
    const put = await putPicture(collection, { id, sha256, ...record });
    if (!put) throw notCached(sha256);
    tell?.({ collection, bundle: bundle.id, groups: put.changed });
    const placement = await requirePlacement(collection, { id });
    return c.json(placedPicture(placement), put.isNew ? 201 : 200, { "Cache-Control": "no-store" });
  });

  app.post(PICTURES, guards.write, guards.list, async (c: Signalled) => {
    const collection = collectionOf(c);
    parseQuery(noQuerySchema, c.req.query());
    const { bundle, reader, put: putPicture, requirePlacement } = c.get("view");
    const body = await readBody(c);
    const data = await putBulk("json" in body ? body.json : undefined, {
      ...limits,
      log,
      async put(item, param, signal) {
        const record = await reader.listed(item, param, signal);
        const put = await putPicture(collection, record);
        if (!put) throw notCached(record.sha256);
        tell?.({ collection, bundle: bundle.id, groups: put.changed });
        return put.isNew;
      },
      place: async (id) => placedPicture(await requirePlacement(collection, { id })),
    }, c.get("signal"));
    c.set("pictureErrorCodes", data.flatMap((item) => item.object === "error" ? [item.error.code] : []));
    const answer: BulkResponse = { object: "list", data, model: bundle.id };
    return c.json(answer, 200, { "Cache-Control": "no-store" });
  });

  app.delete(PICTURE, guards.write, async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    parseQuery(noQuerySchema, c.req.query());
    const changed = await store.deletePicture(collection, id);
    if (!changed) throw unknownPicture(collection, id);
    tell?.({ collection, bundle: c.get("view").bundle.id, groups: changed });
    return c.body(null, 204);
  });

  app.get(PICTURE, guards.read, etag(), async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const placement = await c.get("view").requirePlacement(collectionOf(c), { id: pictureOf(c) });
    tag(c, placement);
    return c.json(placedPicture(placement));
  });

  app.post(`${COLLECTION}/search`, guards.read, guards.upload, async (c: Signalled) => {
    const collection = collectionOf(c);
    const { reader, findMatches } = c.get("view");
    const { sought, k, threshold } = await reader.search(c, collection);
    return c.json(await findMatches(collection, { sought, k, threshold }), 200, {
      "Cache-Control": "no-store",
    });
  });

  app.get(`${PICTURE}/duplicates`, guards.read, etag(), async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { k } = parseQuery(duplicatesQuerySchema, c.req.query());
    const { requirePlacement, findMatches } = c.get("view");
    const placement = await requirePlacement(collection, { id });
    const sought = { sha256: placement.picture.sha256 };
    const { data, ...answer } = await findMatches(collection, { sought, k: k + 1 });
    // Its copies are not of its group alone.
    tag(c, placement, collectionTag(collection));
    return c.json({ ...answer, data: data.filter((match) => match.id !== id).slice(0, k) });
  });

  app.get(`${COLLECTION}/groups`, guards.read, etag(), async (c) => {
    const name = collectionOf(c);
    const { bundle, requireCollection } = c.get("view");
    await requireCollection(name);
    const { groups, next } = await store.groups(
      bundle.id,
      name,
      parseQuery(groupsQuerySchema, c.req.query()),
    );
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(name)]);
    return c.json({ object: "list", data: groups.map(groupItem), model: bundle.id, next });
  });

  app.get(`${COLLECTION}/redirects`, guards.read, async (c) => {
    const name = collectionOf(c);
    const { format } = parseQuery(redirectsQuerySchema, c.req.query());
    const { bundle, requireCollection } = c.get("view");
    await requireCollection(name);
    const { body, contentType } = redirectsBody(store, { bundle: bundle.id, collection: name, format });
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(name)]);
    c.header("Content-Type", contentType);
    return c.body(body);
  });

  app.get(`${PICTURE}/canonical`, guards.read, etag(), async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    const { redirect } = parseQuery(canonicalQuerySchema, c.req.query());
    const { bundle, requirePlacement } = c.get("view");
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
    // As URLs are written in ASCII, which is all that a header can have.
    const { href } = new URL(url);
    c.header("Link", `<${href}>; rel="canonical"`);
    return c.redirect(href, 307);
  });

  return app;
}
