import { z } from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from "zod-openapi";
import {
  bulkItemSchema,
  bulkRequestSchema,
  bulkSchema,
  collectionRequestSchema,
  collectionSchema,
  collectionsSchema,
  groupsSchema,
  matchesSchema,
  picturesSchema,
  placedPictureSchema,
  putPictureSchema,
  recordSchema,
  redirectFormatSchema,
  redirectsSchema,
  searchRequestSchema,
} from "../../../shared/collections_api.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCESS_CODES, errorResponses } from "./error_responses.ts";

const collection = z.string().meta({ description: "1 to 64 letters, digits, `.`, `_` and `-`." });
/** The request is not refused for one entry that is not as it should be. */
const bulkEntry = z.union([
  bulkItemSchema,
  z.unknown().meta({ description: "Anything else: its result is an error." }),
]);
const id = z.string().meta({ description: "1 to 512 characters; a slash is written `%2F`." });
const k = searchRequestSchema.shape.k;

const READ_CODES: ErrorCode[] = [
  "invalid_parameter",
  ...ACCESS_CODES,
  "internal_error",
  "no_collections",
  "stopping",
];

/** What a request may be answered that may have a picture. */
const UPLOAD_CODES: ErrorCode[] = [
  "empty_body",
  "interrupted_body",
  "invalid_json",
  "invalid_request",
  "invalid_parameter",
  "wrong_content_digest",
  ...ACCESS_CODES,
  "body_too_large",
  "client_closed_request",
  "internal_error",
  "no_collections",
  "queue_full",
  "too_many_uploads",
  "stopping",
  "deadline_exceeded",
];
const PICTURE_CODES: ErrorCode[] = [
  ...UPLOAD_CODES,
  "invalid_input",
  "invalid_data_uri",
  "invalid_url",
  "url_unreachable",
  "url_answer",
  "not_an_image",
  "damaged_image",
  "urls_disabled",
  "url_not_allowed",
  "address_not_public",
  "not_cached",
  "too_many_pixels",
  "url_too_large",
  "unsupported_image",
  "inference_failed",
];

const TEXT = { schema: { type: "string" as const } };
const tagged = {
  ETag: { description: "Of this answer.", ...TEXT },
  "Cache-Control": {
    description: "A minute in shared caches, while those that need a key say `private`.",
    ...TEXT,
  },
  "Surrogate-Key": { description: "What to purge it by; also as `Cache-Tag` and `Deno-Cache-Tag`.", ...TEXT },
};
const notModified = { "304": { description: "The answer at hand is still right.", headers: tagged } };

const CONTENT_DIGEST = z.object({
  "Content-Digest": z.string().optional().meta({
    description: "`sha-256=:...:` (RFC 9530): the body is held to it.",
  }),
});

/** Which page of a long list. */
const PAGE = z.object({
  limit: z.int().min(1).max(1000).default(100),
  after: z.string().optional().meta({ description: "`next` of the page before." }),
});

function body(schema: z.ZodType): ZodOpenApiOperationObject["requestBody"] {
  return {
    required: true,
    content: {
      "application/json": { schema },
      "application/octet-stream": {
        schema: z.string().meta({ format: "binary", description: "A picture." }),
      },
    },
  };
}

function answers(description: string, schema: z.ZodType, headers = {}) {
  return { description, headers, content: { "application/json": { schema } } };
}

/** The routes of collections. */
export const collectionPaths: ZodOpenApiPathsObject = {
  "/v1/collections": {
    get: {
      operationId: "getCollections",
      tags: ["Collections"],
      summary: "Names of all collections",
      responses: {
        "200": answers("In their order.", collectionsSchema),
        ...notModified,
        ...errorResponses(READ_CODES),
      },
    },
  },
  "/v1/collections/{collection}": {
    put: {
      operationId: "putCollection",
      tags: ["Collections"],
      summary: "Makes a collection, or gives an empty one other settings",
      requestParams: { path: z.object({ collection }), header: CONTENT_DIGEST },
      requestBody: { required: true, content: { "application/json": { schema: collectionRequestSchema } } },
      responses: {
        "200": answers("The collection.", collectionSchema),
        ...errorResponses([...UPLOAD_CODES, "collection_not_empty"]),
      },
    },
    get: {
      operationId: "getCollection",
      tags: ["Collections"],
      summary: "What is in a collection, and what its canonical pictures save",
      requestParams: { path: z.object({ collection }) },
      responses: {
        "200": answers("The collection.", collectionSchema, tagged),
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_collection"]),
      },
    },
  },
  "/v1/collections/{collection}/images": {
    get: {
      operationId: "getPictures",
      tags: ["Collections"],
      summary: "The pictures of a collection, in the order of their ids",
      requestParams: {
        path: z.object({ collection }),
        query: PAGE,
      },
      responses: {
        "200": answers("The next ones.", picturesSchema, tagged),
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_collection"]),
      },
    },
    post: {
      operationId: "putPictures",
      tags: ["Collections"],
      summary: "Puts a list of pictures into a collection, fetched from their URLs",
      description:
        "Each picture has its result or its error, whatever becomes of the others: the codes of `putPicture`, and `deadline_exceeded` for those that are left when the time of the list is up.",
      requestParams: { path: z.object({ collection }), header: CONTENT_DIGEST },
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: bulkRequestSchema.extend({ images: z.array(bulkEntry).min(1) }).meta({
              id: "BulkRequest",
            }),
          },
        },
      },
      responses: {
        "200": answers("What came of each, in their order.", bulkSchema),
        ...errorResponses([...UPLOAD_CODES, "too_many_pictures"]),
      },
    },
  },
  "/v1/collections/{collection}/images/{id}": {
    put: {
      operationId: "putPicture",
      tags: ["Collections"],
      summary: "Puts a picture into a collection",
      description: "The body is JSON or the picture; then what the JSON would say are query parameters.",
      requestParams: {
        path: z.object({ collection, id }),
        query: recordSchema.extend({ metadata: z.string().optional().meta({ description: "As JSON." }) }),
        header: CONTENT_DIGEST,
      },
      requestBody: body(putPictureSchema),
      responses: {
        "200": answers("It took the place of the one with its id.", placedPictureSchema),
        "201": answers("The id is new.", placedPictureSchema),
        ...errorResponses(PICTURE_CODES),
      },
    },
    get: {
      operationId: "getPicture",
      tags: ["Collections"],
      summary: "A picture, and the one to serve instead of it",
      requestParams: { path: z.object({ collection, id }) },
      responses: {
        "200": answers("The picture.", placedPictureSchema, tagged),
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_picture"]),
      },
    },
    delete: {
      operationId: "deletePicture",
      tags: ["Collections"],
      summary: "Takes a picture out of a collection",
      requestParams: { path: z.object({ collection, id }) },
      responses: {
        "204": { description: "It is gone; its copies have elected a canonical picture." },
        ...errorResponses([...READ_CODES, "unknown_picture"]),
      },
    },
  },
  "/v1/collections/{collection}/images/{id}/thumbnail": {
    get: {
      operationId: "getThumbnail",
      tags: ["Collections"],
      summary: "A small picture of a picture, from what is kept of it",
      requestParams: { path: z.object({ collection, id }) },
      responses: {
        "200": {
          description: "64 pixels on the shorter side, 256 on the longer at most.",
          headers: tagged,
          content: { "image/png": { schema: z.string().meta({ format: "binary" }) } },
        },
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_picture", "no_thumbnail"]),
      },
    },
  },
  "/v1/collections/{collection}/images/{id}/duplicates": {
    get: {
      operationId: "getDuplicates",
      tags: ["Collections"],
      summary: "All copies of a picture",
      requestParams: { path: z.object({ collection, id }), query: z.object({ k }) },
      responses: {
        "200": answers("The most alike first.", matchesSchema, tagged),
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_picture"]),
      },
    },
  },
  "/v1/collections/{collection}/images/{id}/canonical": {
    get: {
      operationId: "getCanonical",
      tags: ["Collections"],
      summary: "The picture to serve instead of another one",
      requestParams: {
        path: z.object({ collection, id: id.meta({ description: "Or the SHA-256 of its bytes." }) }),
        query: z.object({ redirect: z.enum(["true", "false"]).optional() }),
      },
      responses: {
        "200": answers("Both.", placedPictureSchema, tagged),
        ...notModified,
        "307": {
          description: "To the URL of the canonical picture if it can stand in, else of the picture itself.",
          headers: { ...tagged, Location: TEXT, Link: { description: '`rel="canonical"`.', ...TEXT } },
        },
        ...errorResponses([...READ_CODES, "unknown_picture", "no_url"]),
      },
    },
  },
  "/v1/collections/{collection}/groups": {
    get: {
      operationId: "getGroups",
      tags: ["Collections"],
      summary: "Canonical pictures and their copies",
      requestParams: {
        path: z.object({ collection }),
        query: PAGE,
      },
      responses: {
        "200": answers(
          "Groups of two pictures and more, by the rank of their canonical one.",
          groupsSchema,
          tagged,
        ),
        ...notModified,
        ...errorResponses([...READ_CODES, "unknown_collection"]),
      },
    },
  },
  "/v1/collections/{collection}/redirects": {
    get: {
      operationId: "getRedirects",
      tags: ["Collections"],
      summary: "The URL to serve instead of each URL of a picture that another one can be served in place of",
      description: "All of them in one answer, sent as it is read; it breaks off where the store fails.",
      requestParams: {
        path: z.object({ collection }),
        query: z.object({ format: redirectFormatSchema.default("json") }),
      },
      responses: {
        "200": {
          description: "A list, a table with a header, or what an nginx `map` includes.",
          headers: { "Cache-Control": tagged["Cache-Control"], "Surrogate-Key": tagged["Surrogate-Key"] },
          content: {
            "application/json": { schema: redirectsSchema },
            "text/csv": TEXT,
            "text/plain": TEXT,
          },
        },
        ...errorResponses([...READ_CODES, "unknown_collection"]),
      },
    },
  },
  "/v1/collections/{collection}/search": {
    post: {
      operationId: "searchCollection",
      tags: ["Collections"],
      summary: "The pictures that are most like another",
      description: "The body is JSON or a picture; then `k` and `threshold` are query parameters.",
      requestParams: {
        path: z.object({ collection }),
        query: z.object({ k: k.optional(), threshold: searchRequestSchema.shape.threshold }),
        header: CONTENT_DIGEST,
      },
      requestBody: body(searchRequestSchema),
      responses: {
        "200": answers("The most alike first.", matchesSchema),
        ...errorResponses([...PICTURE_CODES, "unknown_picture"]),
      },
    },
  },
};
