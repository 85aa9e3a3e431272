import type { BatchResponse, EmbeddingItem, EmbeddingResponse, FailureItem } from "../../../shared/api.ts";
import { shorten, vectorToBase64, vectorToNumbers } from "../../../shared/vector.ts";
import { describeError } from "../errors.ts";
import type { Embedding } from "../store/store.ts";
import type { VectorFormat } from "./options.ts";

/** An answer in OpenAI's shape. */
export function listAnswer(data: EmbeddingItem[], bundleId: string): EmbeddingResponse;
export function listAnswer(data: (EmbeddingItem | FailureItem)[], bundleId: string): BatchResponse;
export function listAnswer(data: (EmbeddingItem | FailureItem)[], bundleId: string): BatchResponse {
  return { object: "list", data, model: bundleId, usage: { prompt_tokens: 0, total_tokens: 0 } };
}

/** A picture's entry in an answer. */
export function embeddingItem(
  { vector, ...image }: Embedding,
  index: number,
  { encodingFormat, dimensions = vector.length }: VectorFormat,
): EmbeddingItem {
  const short = shorten(vector, dimensions);
  const embedding = encodingFormat === "float" ? vectorToNumbers(short) : vectorToBase64(short);
  return { object: "embedding", index, embedding, image };
}

/** The entry of a picture that could not be embedded. */
export function failureItem(error: Error, index: number, { encodingFormat }: VectorFormat): FailureItem {
  const { body } = describeError(error);
  return { object: "error", index, embedding: encodingFormat === "float" ? [] : "", ...body };
}

/** Where `GET` finds the same answer for one picture, as long as the cache has it. */
export function cachedPath(
  bundleId: string,
  sha256: string,
  { encodingFormat, dimensions }: VectorFormat,
): string {
  const query = new URLSearchParams({
    ...encodingFormat === "float" ? {} : { encoding_format: encodingFormat },
    ...dimensions === undefined ? {} : { dimensions: String(dimensions) },
  });
  return `/v1/embeddings/${bundleId}/${sha256}.json${query.size === 0 ? "" : `?${query}`}`;
}
