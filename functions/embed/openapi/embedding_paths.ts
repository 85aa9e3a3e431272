import { z } from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from "zod-openapi";
import {
  batchResponseSchema,
  bundleResponseSchema,
  embeddingRequestSchema,
  embeddingResponseSchema,
  optionsSchema,
} from "../../../shared/api.ts";
import { duplicatesSchema } from "../../../shared/collections_api.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCESS_CODES, errorResponses } from "./error_responses.ts";

const bytes = z.string().meta({ format: "binary" });
const form = optionsSchema.extend({
  file: z.union([bytes, z.array(bytes).min(1)]).meta({
    description: "One picture or several, under any names.",
  }),
});

const RAW_TYPES = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "application/octet-stream",
];

const X_CACHE = {
  "X-Cache": {
    description: "`hit`, `miss` or `error` for each picture, in their order.",
    schema: { type: "string" as const },
  },
};

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const lookup: Pick<ZodOpenApiOperationObject, "tags" | "requestParams"> = {
  tags: ["Embeddings"],
  requestParams: {
    path: z.object({
      bundle: sha256.meta({ description: "The bundle's id." }),
      sha256: sha256.meta({ description: "SHA-256 of the picture's bytes." }),
    }),
    query: optionsSchema,
    header: z.object({
      "If-None-Match": z.string().optional().meta({
        description: "The `ETag` of an answer that is at hand.",
      }),
    }),
  },
};
const vectorLookup: typeof lookup = {
  ...lookup,
  requestParams: { ...lookup.requestParams, query: optionsSchema.pick({ dimensions: true, model: true }) },
};
const lookupHeaders = {
  ETag: { description: "Of this answer.", schema: { type: "string" as const } },
  "Repr-Digest": {
    description: "`sha-256=:...:` (RFC 9530), of the body.",
    schema: { type: "string" as const },
  },
  "Surrogate-Key": {
    description: "What to purge it by; also as `Cache-Tag` and `Deno-Cache-Tag`.",
    schema: { type: "string" as const },
  },
  "Cache-Control": {
    description: "A year: a key determines its vector.",
    schema: { type: "string" as const },
  },
};
const notModified = { "304": { description: "The answer at hand is still right.", headers: lookupHeaders } };
const lookupErrors = errorResponses([
  "invalid_request",
  "unknown_encoding_format",
  "invalid_dimensions",
  ...ACCESS_CODES,
  "unknown_route",
  "unknown_bundle",
  "not_cached",
  "stopping",
  "internal_error",
]);

const requestBody: ZodOpenApiOperationObject["requestBody"] = {
  required: true,
  content: {
    "application/json": { schema: embeddingRequestSchema },
    "multipart/form-data": { schema: form },
    ...Object.fromEntries(RAW_TYPES.map((type) => [type, { schema: bytes }])),
  },
};

const EMBED_CODES: ErrorCode[] = [
  "wrong_content_digest",
  "empty_body",
  "interrupted_body",
  "invalid_json",
  "invalid_request",
  "invalid_form",
  "invalid_input",
  "invalid_data_uri",
  "invalid_url",
  "url_unreachable",
  "url_answer",
  "unknown_encoding_format",
  "invalid_dimensions",
  "not_an_image",
  "damaged_image",
  ...ACCESS_CODES,
  "urls_disabled",
  "url_not_allowed",
  "address_not_public",
  "unknown_bundle",
  "body_too_large",
  "too_many_pictures",
  "too_many_pixels",
  "url_too_large",
  "unsupported_image",
  "client_closed_request",
  "inference_failed",
  "internal_error",
  "queue_full",
  "too_many_uploads",
  "stopping",
  "deadline_exceeded",
];

/** The routes of embeddings, and of what needs nothing else. */
export const embeddingPaths: ZodOpenApiPathsObject = {
  "/v1/embeddings": {
    post: {
      operationId: "createEmbeddings",
      tags: ["Embeddings"],
      summary: "Embeds pictures",
      description:
        "JPEG, PNG, WebP, GIF and AVIF, told by their content. Of several pictures, each has its embedding or its error; the error of a single one is the answer's own.",
      requestParams: { query: optionsSchema },
      requestBody,
      responses: {
        "200": {
          description: "An embedding or an error for each picture, in the request's order.",
          headers: {
            ...X_CACHE,
            "Content-Location": {
              description: "Where `GET` finds the same answer, for a single picture.",
              schema: { type: "string" },
            },
          },
          content: { "application/json": { schema: batchResponseSchema } },
        },
        ...errorResponses(EMBED_CODES),
      },
    },
  },
  "/v1/embeddings/{bundle}/{sha256}.json": {
    get: {
      ...lookup,
      operationId: "getEmbedding",
      summary: "Looks an embedding up, from the cache alone",
      responses: {
        "200": {
          description: "What `POST` answered for the picture.",
          headers: lookupHeaders,
          content: { "application/json": { schema: embeddingResponseSchema } },
        },
        ...notModified,
        ...lookupErrors,
      },
    },
    head: {
      ...lookup,
      operationId: "hasEmbedding",
      summary: "Whether an embedding is cached",
      responses: {
        "200": { description: "It is.", headers: lookupHeaders },
        ...notModified,
        ...withoutContent(lookupErrors),
      },
    },
  },
  "/v1/embeddings/{bundle}/{sha256}.bin": {
    get: {
      ...vectorLookup,
      operationId: "getVector",
      summary: "Looks a vector up, from the cache alone",
      responses: {
        "200": {
          description: "Its float32 values in little endian, 4 bytes each.",
          headers: lookupHeaders,
          content: { "application/octet-stream": { schema: bytes } },
        },
        ...notModified,
        ...lookupErrors,
      },
    },
    head: {
      ...vectorLookup,
      operationId: "hasVector",
      summary: "Whether a vector is cached",
      responses: {
        "200": { description: "It is.", headers: lookupHeaders },
        ...notModified,
        ...withoutContent(lookupErrors),
      },
    },
  },
  "/v1/duplicates": {
    post: {
      operationId: "findDuplicates",
      tags: ["Embeddings"],
      summary: "Which of the request's pictures are copies of each other",
      description: "The request is that of `/v1/embeddings`. No collection is touched.",
      requestParams: { query: optionsSchema },
      requestBody,
      responses: {
        "200": {
          description: "Groups, and an error for each picture that has no place in them.",
          content: { "application/json": { schema: duplicatesSchema } },
        },
        ...errorResponses(EMBED_CODES),
      },
    },
  },
  "/v1/bundle": {
    get: {
      operationId: "getBundle",
      tags: ["Embeddings"],
      summary: "The encoder that is served, and the limits",
      responses: {
        "200": {
          description: "What a client must know.",
          content: { "application/json": { schema: bundleResponseSchema } },
        },
        "304": { description: "The answer at hand is still right." },
        ...errorResponses(["internal_error"]),
      },
    },
  },
};

/** The same responses, as HEAD has them. */
function withoutContent(responses: typeof lookupErrors): typeof lookupErrors {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { content: _, ...response }]) => [status, response]),
  );
}
