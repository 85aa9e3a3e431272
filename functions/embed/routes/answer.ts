import { type EmbeddingResponse, type EncodingFormat, encodingFormatSchema } from "../../../shared/api.ts";
import { vectorToBase64, vectorToNumbers } from "../../../shared/vector.ts";
import { UnknownEncodingFormatError } from "../request_errors.ts";
import type { Embedding } from "../store/store.ts";

/**
 * The encoding that was asked for; plain numbers if none was.
 *
 * @throws {UnknownEncodingFormatError} if there is no such encoding
 */
export function parseEncodingFormat(text: string | undefined): EncodingFormat {
  if (text === undefined) return "float";
  const result = encodingFormatSchema.safeParse(text);
  if (result.success) return result.data;
  throw new UnknownEncodingFormatError(
    `Cannot embed: encoding_format must be ${encodingFormatSchema.options.join(" or ")}: received ${text}`,
    { param: "encoding_format" },
  );
}

/** An embedding in OpenAI's response shape; `model` is the id of the bundle that it came from. */
export function embeddingAnswer(
  { vector, ...image }: Embedding,
  model: string,
  encodingFormat: EncodingFormat,
): EmbeddingResponse {
  const embedding = encodingFormat === "float" ? vectorToNumbers(vector) : vectorToBase64(vector);
  return {
    object: "list",
    data: [{ object: "embedding", index: 0, embedding, image }],
    model,
    usage: { prompt_tokens: 0, total_tokens: 0 },
  };
}

/** Where `GET` finds the same answer, as long as the cache has it. */
export function cachedPath(bundle: string, sha256: string, encodingFormat: EncodingFormat): string {
  const query = encodingFormat === "float" ? "" : `?encoding_format=${encodingFormat}`;
  return `/v1/embeddings/${bundle}/${sha256}.json${query}`;
}
