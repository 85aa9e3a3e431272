import type { Context } from "hono";
import { describeError } from "../errors.ts";
import type { Serving } from "../takeover/serving.ts";
import { tellTimes } from "../observe/server_timing.ts";
import { cachedPath, embeddingItem, failureItem, listAnswer } from "./answer.ts";
import { embedEach, type EmbedEachOptions } from "./embed_each.ts";
import { vectorFormat } from "./options.ts";
import { type ReadOptions, readRequest } from "./request_body.ts";

export interface EmbeddingsOptions extends ReadOptions, Pick<EmbedEachOptions, "fetching"> {
  serving: Pick<Serving, "current">;
}

/**
 * `POST /v1/embeddings`: the embeddings of the pictures in the request. Of several pictures, each has its embedding or
 * its error; the error of a single one is the answer's own.
 */
export function postEmbeddings({ serving, ...options }: EmbeddingsOptions) {
  return async function embeddings(c: Context<{ Variables: { signal: AbortSignal } }>): Promise<Response> {
    const request = await readRequest(c, options);
    c.get("countPictures")?.(request.pictures.length);
    const { manifest, embedder: { embed } } = serving.current;
    const format = vectorFormat(request.options, {
      id: manifest.id,
      dimensions: manifest.embedding.dimensions,
    });
    const results = await embedEach(request.pictures, { ...options, embed }, c.get("signal"));
    tellTimes(c, results.flatMap((result) => result instanceof Error ? [] : [result.times]));
    const [only] = results;
    if (results.length === 1) {
      if (only instanceof Error) throw only;
      c.header("Content-Location", cachedPath(manifest.id, only!.embedding.sha256, format));
    }
    c.set(
      "pictureErrorCodes",
      results.filter((result) => result instanceof Error).map((error) =>
        describeError(error).body.error.code
      ),
    );
    const cache = results.map((result) => result instanceof Error ? "error" : result.cached ? "hit" : "miss")
      .join(", ");
    c.set("cache", cache);
    const items = results.map((result, index) =>
      result instanceof Error
        ? failureItem(result, index, format)
        : embeddingItem(result.embedding, index, format)
    );
    return c.json(listAnswer(items, manifest.id), 200, { "X-Cache": cache });
  };
}
