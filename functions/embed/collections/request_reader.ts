import type { Context } from "hono";
import type { PictureInput } from "../../../shared/api.ts";
import {
  type BulkItem,
  putPictureSchema,
  type RecordFields,
  searchRequestSchema,
} from "../../../shared/collections_api.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import type { Embed, EmbedEachOptions } from "../routes/embed_each.ts";
import { fromInput, type PictureSource } from "../routes/picture_source.ts";
import type { BundleTraits, PictureRecord, Sought, Store } from "../store/store.ts";
import { parseJson, parseQuery, readBody } from "./body.ts";
import { InvalidParameterError, unknownPicture } from "./errors.ts";
import { noQuerySchema, recordQuerySchema, requirePictureId, searchQuerySchema } from "./parameters.ts";

/** A request that is let go when its time is up or its caller hangs up. */
export type Signalled = Context<{ Variables: { signal: AbortSignal } }>;

export interface RequestReaderOptions extends Pick<EmbedEachOptions, "fetching"> {
  bundle: BundleTraits;
  embed: Embed;
  store: Pick<Store, "picture">;
  /** Undefined where URLs are not enabled. */
  fetchPicture: FetchPicture | undefined;
}

/** What a search asks for. */
export interface SearchQuery {
  sought: Sought;
  k: number;
  threshold: number;
}

/** Reads requests that may have a picture, as their body or in JSON, and embeds it. */
export function createRequestReader(
  { bundle: { id: bundle, dimensions }, store, embed, fetching, fetchPicture }: RequestReaderOptions,
) {
  /** SHA-256 of the picture, which is embedded now. */
  const embedSource = async (picture: PictureSource, signal: AbortSignal): Promise<string> => {
    const work = async () => (await embed(await picture.read(signal), signal)).embedding.sha256;
    return await (picture.isRemote ? fetching.run(work, signal) : work());
  };

  const embedBytes = async (bytes: Uint8Array, c: Signalled): Promise<string> =>
    await embedSource({ isRemote: false, read: () => Promise.resolve(bytes) }, c.get("signal"));

  const embedInput = async (
    { input, sha256 }: { input?: PictureInput; sha256?: string },
    c: Signalled,
  ): Promise<string> =>
    sha256 ?? await embedSource(fromInput(input!, "input", fetchPicture), c.get("signal"));

  /** Of unit length, as those of the store are. */
  const requireVector = (vector: number[]): Float32Array => {
    const length = vector.length === dimensions ? Math.hypot(...vector) : 0;
    if (length > 0 && Number.isFinite(length)) return Float32Array.from(vector, (value) => value / length);
    throw new InvalidParameterError(
      `Cannot search: vector must have the bundle's ${dimensions} numbers, not all of them 0: received ${vector.length}`,
      { param: "vector" },
    );
  };

  return {
    /** SHA-256 of a list's picture, and what is said of it. */
    async listed(
      { id, input, sha256, ...record }: BulkItem,
      param: string,
      signal: AbortSignal,
    ): Promise<PictureRecord> {
      const source = () =>
        input === undefined
          ? fromInput(record.url!, `${param}.url`, fetchPicture)
          : fromInput(input, `${param}.input`, fetchPicture);
      return { id, sha256: sha256 ?? await embedSource(source(), signal), ...recordOf(record) };
    },

    /** The picture that a PUT puts, and what it says of it. */
    async record(c: Signalled): Promise<Omit<PictureRecord, "id">> {
      const body = readBody(c);
      if ("bytes" in body) {
        const record = parseQuery(recordQuerySchema, c.req.query());
        return { sha256: await embedBytes(body.bytes, c), ...recordOf(record) };
      }
      parseQuery(noQuerySchema, c.req.query());
      const { input, sha256, ...record } = parseJson(putPictureSchema, body.json);
      return { sha256: await embedInput({ input, sha256 }, c), ...recordOf(record) };
    },

    async search(c: Signalled, collection: string): Promise<SearchQuery> {
      const body = readBody(c);
      if ("bytes" in body) {
        const query = parseQuery(searchQuerySchema, c.req.query());
        return { sought: { sha256: await embedBytes(body.bytes, c) }, ...query };
      }
      parseQuery(noQuerySchema, c.req.query());
      const { input, sha256, id, vector, ...query } = parseJson(searchRequestSchema, body.json);
      if (vector) return { sought: { vector: requireVector(vector) }, ...query };
      if (id === undefined) return { sought: { sha256: await embedInput({ input, sha256 }, c) }, ...query };
      const picture = await store.picture(bundle, collection, requirePictureId(id));
      if (!picture) throw unknownPicture(collection, id);
      return { sought: { sha256: picture.sha256 }, ...query };
    },
  };
}

function recordOf({ url, priority, created, metadata }: RecordFields): Omit<PictureRecord, "id" | "sha256"> {
  return { url: url ?? null, priority, created: created ? Date.parse(created) : null, metadata };
}
