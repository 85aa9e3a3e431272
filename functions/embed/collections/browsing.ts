import { encode } from "fast-png";
import { Hono } from "hono";
import { etag } from "hono/etag";
import type { CollectionsResponse, PicturesResponse } from "../../../shared/collections_api.ts";
import { thumbnailPicture } from "../../../shared/image/thumbnail_picture.ts";
import { bundleTag, collectionTag } from "../cache_tags.ts";
import { pictureItem } from "./answers.ts";
import { parseQuery } from "./body.ts";
import { cacheShortly, tagPlacement } from "./caching.ts";
import type { CollectionsOptions } from "./collections.ts";
import { noThumbnail } from "./errors.ts";
import { collectionOf, noQuerySchema, pictureOf, picturesQuerySchema } from "./parameters.ts";
import { COLLECTIONS, PICTURE, PICTURES } from "./paths.ts";

/** What people look through collections by: their names, their pictures in the order of their ids, and small pictures of these. */
export function createBrowsing({ store, guards }: Pick<CollectionsOptions, "store" | "guards">): Hono {
  const app = new Hono();

  app.get(COLLECTIONS, guards.read, etag(), async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const names = await store.collectionNames();
    const answer: CollectionsResponse = { object: "list", data: names.map((name) => ({ name })) };
    return c.json(answer, 200, { "Cache-Control": "private, no-cache" });
  });

  app.get(PICTURES, guards.read, etag(), async (c) => {
    const collection = collectionOf(c);
    const page = parseQuery(picturesQuerySchema, c.req.query());
    const { bundle, requireCollection } = c.get("view");
    await requireCollection(collection);
    const { pictures, next } = await store.pictures(bundle.id, collection, page);
    cacheShortly(c, [bundleTag(bundle.id), collectionTag(collection)]);
    const answer: PicturesResponse = {
      ...{ object: "list", data: pictures.map(pictureItem), model: bundle.id, next },
    };
    return c.json(answer);
  });

  app.get(`${PICTURE}/thumbnail`, guards.read, etag(), async (c) => {
    const [collection, id] = [collectionOf(c), pictureOf(c)];
    parseQuery(noQuerySchema, c.req.query());
    const { bundle, requirePlacement } = c.get("view");
    const placement = await requirePlacement(collection, { id });
    const { picture } = placement;
    const traces = await store.traces(bundle.id, picture.sha256);
    const pixels = traces && thumbnailPicture(traces.thumbnail, picture);
    if (!pixels) throw noThumbnail(collection, id);
    tagPlacement(c, placement);
    return c.body(encode({ ...pixels, channels: 3 }) as Uint8Array<ArrayBuffer>, 200, {
      "Content-Type": "image/png",
    });
  });

  return app;
}
