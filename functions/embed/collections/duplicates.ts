import type { Context } from "hono";
import { describeError } from "../errors.ts";
import { embedEach, type EmbedEachOptions } from "../routes/embed_each.ts";
import { type ReadOptions, readRequest } from "../routes/request_body.ts";
import type { Store } from "../store/store.ts";
import type { Serving } from "../takeover/serving.ts";
import { groupPictures, type RequestPicture } from "./group_pictures.ts";

export interface DuplicatesOptions extends ReadOptions, Pick<EmbedEachOptions, "fetching"> {
  serving: Pick<Serving, "current">;
  store: Pick<Store, "traces">;
}

/** `POST /v1/duplicates`: which of the request's pictures are copies of each other. No collection is touched. */
export function postDuplicates({ serving, store, ...options }: DuplicatesOptions) {
  return async function duplicates(c: Context<{ Variables: { signal: AbortSignal } }>): Promise<Response> {
    const { pictures } = await readRequest(c, options);
    c.get("countPictures")?.(pictures.length);
    const { manifest: { id, similarity }, embedder: { embed } } = serving.current;
    const results = await embedEach(pictures, { ...options, embed }, c.get("signal"));
    const [only] = results;
    if (results.length === 1 && only instanceof Error) throw only;
    const embedded: RequestPicture[] = [];
    const errors = [];
    for (const [index, result] of results.entries()) {
      if (result instanceof Error) {
        errors.push({ index, ...describeError(result).body });
        continue;
      }
      const { embedding } = result;
      const traces = result.traces ?? await store.traces(id, embedding.sha256);
      if (!traces) throw new Error("Cannot compare: the store must keep what was embedded: it has not");
      embedded.push({ index, ...embedding, ...traces });
    }
    c.set("pictureErrorCodes", errors.map(({ error }) => error.code));
    const data = groupPictures(embedded, similarity.copyThreshold);
    return c.json({ object: "list", data, errors, model: id }, 200, { "Cache-Control": "no-store" });
  };
}
