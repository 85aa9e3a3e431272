import { z } from "zod";

/** How a vector is written in JSON: a list of numbers, or base64 of its little-endian float32 values. */
export const encodingFormatSchema = z.enum(["float", "base64"]);
export type EncodingFormat = z.infer<typeof encodingFormatSchema>;

/** JSON body of `POST /v1/embeddings`: OpenAI's, with a picture as a data URI where OpenAI has a text. */
export const embeddingRequestSchema = z.strictObject({
  /** `data:image/jpeg;base64,...`; the kind is told from the bytes, not from the media type. */
  input: z.string(),
  encoding_format: encodingFormatSchema.optional(),
  /** Accepted because client libraries insist on sending one. There is one model, and the answer names it. */
  model: z.string().optional(),
  /** Accepted, as part of OpenAI's request, and not used. */
  user: z.string().optional(),
});
export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>;

/** What was embedded. */
export const imageSchema = z.object({
  /** Pixels, after orientation. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** Kind by content, such as "jpeg". */
  format: z.string(),
  /** SHA-256 of the picture's bytes as they were uploaded, in hex. */
  sha256: z.string(),
});
export type Image = z.infer<typeof imageSchema>;

/** Answer of `POST /v1/embeddings` and of `GET /v1/embeddings/{bundle}/{sha256}.json`: OpenAI's, plus `image`. */
export const embeddingResponseSchema = z.object({
  object: z.literal("list"),
  data: z.array(z.object({
    object: z.literal("embedding"),
    index: z.int().nonnegative(),
    /** Of unit L2 norm: the dot product of two is their cosine similarity. */
    embedding: z.union([z.array(z.number()), z.string()]),
    image: imageSchema,
  })),
  /** The bundle's id. */
  model: z.string(),
  /** Always 0: pictures have no tokens, and client libraries want the fields. */
  usage: z.object({ prompt_tokens: z.literal(0), total_tokens: z.literal(0) }),
});
export type EmbeddingResponse = z.infer<typeof embeddingResponseSchema>;

/** Body of every answer that is not a success: OpenAI's. */
export const errorResponseSchema = z.object({
  error: z.object({
    /** For people. */
    message: z.string(),
    type: z.enum(["invalid_request_error", "server_error"]),
    /** For programs: stable, one per cause. */
    code: z.string(),
    /** The field or parameter that is wrong, where there is one. */
    param: z.string().nullable(),
  }),
});
export type ErrorResponse = z.infer<typeof errorResponseSchema>;
