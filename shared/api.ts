import { z } from "zod";

/** How a vector is written in JSON: a list of numbers, or base64 of its little-endian float32 values. */
export const encodingFormatSchema = z.enum(["float", "base64"]);
export type EncodingFormat = z.infer<typeof encodingFormatSchema>;

/** What may be asked for beside pictures: in JSON, as fields of a form, or as query parameters. */
export const optionsSchema = z.strictObject({
  encoding_format: encodingFormatSchema.meta({
    description:
      "How vectors are written: `float` (numbers, the default) or `base64` (little-endian float32).",
  }),
  dimensions: z.int().positive().meta({
    description:
      "Shortens every vector to its first values, and scales it to unit length again; at most the bundle's own number. " +
      "`GET /v1/bundle` says whether the first are the most important.",
  }),
  model: z.string().meta({
    description:
      "Any name, since there is one model; but a bundle's id must be that of the bundle that is served.",
  }),
}).partial();
export type Options = z.infer<typeof optionsSchema>;

/** A picture in JSON, as a text or in one of the objects that clients of Jina and OpenAI have for it. */
export const pictureInputSchema = z.union([
  z.string().meta({
    description:
      "A data URI (`data:image/jpeg;base64,...`), base64 alone, or an https URL where those are enabled.",
  }),
  z.strictObject({ image: z.string() }).meta({ description: "Jina's: any of these texts." }),
  z.strictObject({ url: z.string() }).meta({
    description: "The same, by the name that LangChain and LlamaIndex use.",
  }),
  z.strictObject({ bytes: z.string() }).meta({
    description: "The same, by the name that LangChain and LlamaIndex use.",
  }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.union([
      z.string(),
      z.strictObject({ url: z.string(), detail: z.string().nullish().meta({ description: "Not used." }) }),
    ]),
  }).meta({ description: "OpenAI's: any of these texts." }),
]).meta({ id: "PictureInput" });
export type PictureInput = z.infer<typeof pictureInputSchema>;

const unused = z.union([z.string(), z.boolean()]).nullish().meta({
  description: "Accepted, as part of what clients of OpenAI and Jina send, and not used.",
});

/** JSON body of `POST /v1/embeddings`: OpenAI's, with pictures where OpenAI has texts. */
export const embeddingRequestSchema = z.strictObject({
  input: z.union([pictureInputSchema, z.array(pictureInputSchema).min(1)]).meta({
    description: "One picture, or a list of them.",
  }),
  encoding_format: optionsSchema.shape.encoding_format.nullable(),
  dimensions: optionsSchema.shape.dimensions.nullable(),
  model: optionsSchema.shape.model.nullable(),
  embedding_type: encodingFormatSchema.nullish().meta({ description: "Jina's name of `encoding_format`." }),
  encoding_type: encodingFormatSchema.nullish().meta({
    description: "LlamaIndex's name of `encoding_format`.",
  }),
  normalized: z.literal(true).nullish().meta({ description: "Jina's. Vectors are of unit length always." }),
  user: unused,
  task: unused,
  late_chunking: unused,
  truncate: unused,
}).meta({
  id: "EmbeddingRequest",
  examples: [{
    // One brown pixel.
    input:
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNocFAAAAIkAOGrWWInAAAAAElFTkSuQmCC",
    model: "lookalike",
  }],
});
export type EmbeddingRequest = z.infer<typeof embeddingRequestSchema>;

/** What was embedded. */
export const imageSchema = z.object({
  width: z.int().positive().meta({ description: "Pixels, after orientation." }),
  height: z.int().positive().meta({ description: "Pixels, after orientation." }),
  format: z.string().meta({ description: "Kind by content.", examples: ["jpeg"] }),
  sha256: z.string().meta({ description: "SHA-256 of the picture's bytes as they were received, in hex." }),
}).meta({ id: "Image" });
export type Image = z.infer<typeof imageSchema>;

/** What is wrong, in OpenAI's shape. */
export const errorSchema = z.object({
  message: z.string().meta({ description: "For people." }),
  type: z.enum(["invalid_request_error", "server_error"]),
  code: z.string().meta({ description: "For programs: stable, one per cause." }),
  param: z.string().nullable().meta({
    description: "The field or parameter that is wrong, where there is one.",
  }),
}).meta({ id: "Error" });
export type ApiError = z.infer<typeof errorSchema>;

/** Body of every answer that is not a success: OpenAI's. */
export const errorResponseSchema = z.object({ error: errorSchema }).meta({ id: "ErrorResponse" });
export type ErrorResponse = z.infer<typeof errorResponseSchema>;

const index = z.int().nonnegative().meta({ description: "The picture's place in the request, from 0." });

/** A picture's vector. */
export const embeddingSchema = z.object({
  object: z.literal("embedding"),
  index,
  embedding: z.union([z.array(z.number()), z.string()]).meta({
    description: "Of unit length: the dot product of two is their cosine similarity.",
  }),
  image: imageSchema,
}).meta({ id: "Embedding" });
export type EmbeddingItem = z.infer<typeof embeddingSchema>;

/** A picture that could not be embedded, among others in one request. */
export const failureSchema = z.object({
  object: z.literal("error"),
  index,
  embedding: z.union([z.array(z.number()).length(0), z.literal("")]).meta({
    description: "Empty. OpenAI's libraries decode this field of every entry.",
  }),
  error: errorSchema,
}).meta({ id: "Failure" });
export type FailureItem = z.infer<typeof failureSchema>;

const envelope = {
  object: z.literal("list"),
  model: z.string().meta({ description: "The bundle's id." }),
  usage: z.object({ prompt_tokens: z.literal(0), total_tokens: z.literal(0) }).meta({
    description: "Always 0: pictures have no tokens, and client libraries want the fields.",
  }),
};

/** Answer of `POST /v1/embeddings`: an embedding or an error for each picture, in the request's order. */
export const batchResponseSchema = z.object({
  ...envelope,
  data: z.array(z.discriminatedUnion("object", [embeddingSchema, failureSchema])),
}).meta({ id: "BatchResponse" });
export type BatchResponse = z.infer<typeof batchResponseSchema>;

/**
 * The same with no picture refused: always so for one picture, by `POST` or by
 * `GET /v1/embeddings/{bundle}/{sha256}.json`.
 */
export const embeddingResponseSchema = z.object({ ...envelope, data: z.array(embeddingSchema) })
  .meta({ id: "EmbeddingResponse" });
export type EmbeddingResponse = z.infer<typeof embeddingResponseSchema>;

/** Answer of `GET /v1/bundle`: what a client must know of the encoder and of the limits. */
export const bundleResponseSchema = z.object({
  id: z.string().meta({ description: "The bundle's id, which is part of every cached vector's key." }),
  dimensions: z.int().positive().meta({ description: "Length of its vectors." }),
  dimensionsOrdered: z.boolean().meta({
    description: "Whether they come in order of importance, so that the first of them say most of a picture.",
  }),
  copyThreshold: z.number().meta({
    description: "Similarity above which two pictures are most likely copies.",
  }),
  differentPairsAbove: z.number().meta({
    description: "Share of pairs of different pictures that exceed it all the same.",
  }),
  thresholds: z.array(z.object({ precision: z.number(), threshold: z.number(), recall: z.number() })).meta({
    description:
      "Where they were measured on edited copies: the lowest similarities at which that share of what is " +
      "found are copies, and the share of copies that is found.",
  }),
  maxBytes: z.int().positive().meta({ description: "Largest request body." }),
  maxBatch: z.int().positive().meta({ description: "Most pictures in one request." }),
  publicLookup: z.boolean().meta({ description: "Whether cached embeddings may be had without a key." }),
}).meta({ id: "BundleInfo" });
export type BundleResponse = z.infer<typeof bundleResponseSchema>;
