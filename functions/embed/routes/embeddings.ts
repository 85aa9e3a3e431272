import type { Context } from "hono";
import type { EmbedResult } from "../inference/embedder.ts";
import { cachedPath, embeddingAnswer, parseEncodingFormat } from "./answer.ts";
import { readPicture } from "./picture_body.ts";

/** `POST /v1/embeddings`: the embedding of the picture in the request. */
export function postEmbeddings(bundleId: string, embed: (bytes: Uint8Array) => Promise<EmbedResult>) {
  return async function embeddings(c: Context): Promise<Response> {
    const picture = await readPicture(c.req);
    const encodingFormat = parseEncodingFormat(picture.encodingFormat);
    const { embedding, cached } = await embed(picture.bytes);
    return c.json(embeddingAnswer(embedding, bundleId, encodingFormat), 200, {
      "Content-Location": cachedPath(bundleId, embedding.sha256, encodingFormat),
      "X-Cache": cached ? "hit" : "miss",
    });
  };
}
