import { z } from "zod";
import { errorSchema, imageSchema, pictureInputSchema } from "./api.ts";

const share = z.number().min(-1).max(1);

/** Which of the pictures that are copies of each other is the one to keep. */
export const canonicalRuleSchema = z.enum(["largest", "oldest"]);

/** JSON body of `PUT /v1/collections/{collection}`. */
export const collectionRequestSchema = z.strictObject({
  threshold: share.nullish().meta({
    description: "Cosine similarity from which on two pictures are copies; the bundle's own unless given.",
  }),
  precision: z.number().min(0).max(1).nullish().meta({
    description:
      "In place of `threshold`: the share of matches that must be copies, one of `thresholds` of `GET /v1/bundle`.",
  }),
  canonical: canonicalRuleSchema.default("largest").meta({
    description: "Which of several copies is the canonical picture: the one of most pixels, or the oldest.",
  }),
}).refine(
  ({ threshold, precision }) => (threshold ?? null) === null || (precision ?? null) === null,
  "must not have both threshold and precision",
).meta({ id: "CollectionRequest" });

/** Answer of `PUT` and `GET /v1/collections/{collection}`. */
export const collectionSchema = z.object({
  object: z.literal("collection"),
  name: z.string(),
  model: z.string().meta({ description: "The bundle's id, whose vectors the groups are of." }),
  threshold: share.meta({ description: "Cosine similarity from which on two pictures are copies." }),
  precision: z.number().min(0).max(1).nullable().meta({
    description: "The precision that was chosen, whose threshold it is.",
  }),
  canonical: canonicalRuleSchema,
  pictures: z.int().nonnegative(),
  contents: z.int().nonnegative().meta({ description: "Pictures of different bytes." }),
  groups: z.int().nonnegative().meta({ description: "Groups of two pictures and more." }),
  bytes: z.int().nonnegative().meta({ description: "Of all pictures together." }),
  bytes_saved: z.int().nonnegative().meta({
    description: "Of the pictures that another one can be served in place of.",
  }),
}).meta({ id: "Collection" });
export type CollectionResponse = z.infer<typeof collectionSchema>;

/** Answer of `GET /v1/collections`. */
export const collectionsSchema = z.object({
  object: z.literal("list"),
  data: z.array(z.object({ name: z.string() })),
}).meta({ id: "Collections" });
export type CollectionsResponse = z.infer<typeof collectionsSchema>;

/** What may be said of a picture that is put into a collection: fields of JSON, or query parameters. */
export const recordSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(2048).nullish().meta({ description: "Where it is served." }),
  priority: z.int().min(-1000).max(1000).default(0).meta({
    description: "The greatest is the canonical picture, before the collection's rule.",
  }),
  created: z.iso.datetime({ offset: true }).nullish().meta({
    description: "What `oldest` goes by; the time of the first PUT unless given.",
  }),
  metadata: z.record(z.string(), z.json()).default({})
    .refine((metadata) => JSON.stringify(metadata).length <= 16_384, "must have at most 16384 characters")
    .meta({ description: "Anything, in at most 16384 characters of JSON." }),
});
export type RecordFields = z.infer<typeof recordSchema>;

/** JSON body of `PUT /v1/collections/{collection}/images/{id}`, which may be the picture's bytes instead. */
export const putPictureSchema = z.strictObject({
  input: pictureInputSchema.optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().meta({
    description: "Of a picture that was embedded before, in place of `input`.",
  }),
  ...recordSchema.shape,
}).refine(
  ({ input, sha256 }) => (input === undefined) !== (sha256 === undefined),
  "must have input or sha256",
)
  .meta({ id: "PutPictureRequest" });

const verdict = {
  score: share.meta({ description: "Cosine similarity." }),
  copy: z.boolean().meta({ description: "Whether the two are copies by the collection's threshold." }),
  replaceable: z.boolean().nullable().meta({
    description:
      "Whether the other can be served in its place: the same framing, aspect and content, and no smaller. Null where there are no pixels to compare.",
  }),
};

/** A picture of a collection. */
export const pictureSchema = z.object({
  id: z.string(),
  url: z.string().nullable(),
  image: imageSchema,
  bytes: z.int().nonnegative(),
  priority: z.int(),
  created: z.iso.datetime(),
  metadata: z.record(z.string(), z.json()),
}).meta({ id: "Picture" });
export type PictureItem = z.infer<typeof pictureSchema>;

/** Answer of `GET /v1/collections/{collection}/images`. */
export const picturesSchema = z.object({
  object: z.literal("list"),
  data: z.array(pictureSchema),
  model: z.string().meta({ description: "The bundle's id." }),
  next: z.string().nullable().meta({ description: "Is `after` of the next page; null on the last." }),
}).meta({ id: "Pictures" });
export type PicturesResponse = z.infer<typeof picturesSchema>;

/** A picture, and the one to serve instead of it, which may be itself. */
export const placedPictureSchema = z.object({
  object: z.literal("picture"),
  picture: pictureSchema,
  canonical: pictureSchema,
  ...verdict,
}).meta({ id: "PlacedPicture" });
export type PlacedPicture = z.infer<typeof placedPictureSchema>;

/** An entry of the list of `POST /v1/collections/{collection}/images`. */
export const bulkItemSchema = z.strictObject({
  id: z.string().meta({ description: "1 to 512 characters." }),
  input: pictureInputSchema.optional().meta({
    description: "The picture, where it is not to be had at `url`.",
  }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().meta({
    description: "Of a picture that was embedded before, in place of both.",
  }),
  ...recordSchema.shape,
  url: recordSchema.shape.url.meta({ description: "Where it is served, and fetched from." }),
}).refine(
  ({ input, sha256 }) => input === undefined || sha256 === undefined,
  "must not have both input and sha256",
).refine(
  ({ input, sha256, url }) => (input ?? sha256 ?? url ?? undefined) !== undefined,
  "must have url, input or sha256",
).meta({ id: "BulkItem" });

export type BulkItem = z.infer<typeof bulkItemSchema>;

/** JSON body of `POST /v1/collections/{collection}/images`; each entry is looked at by itself. */
export const bulkRequestSchema = z.strictObject({
  images: z.array(z.unknown()).min(1),
});

/** What came of each picture of a list, in its order. */
export const bulkSchema = z.object({
  object: z.literal("list"),
  data: z.array(z.union([
    placedPictureSchema.extend({
      index: z.int().nonnegative(),
      is_new: z.boolean().meta({ description: "Whether the collection had no picture of that id." }),
    }),
    z.object({
      object: z.literal("error"),
      index: z.int().nonnegative(),
      id: z.string().nullable(),
      error: errorSchema,
    }),
  ])),
  model: z.string().meta({ description: "The bundle's id." }),
}).meta({ id: "Bulk" });
export type BulkResponse = z.infer<typeof bulkSchema>;

/** JSON body of `POST /v1/collections/{collection}/search`, which may be a picture's bytes instead. */
export const searchRequestSchema = z.strictObject({
  input: pictureInputSchema.optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().meta({
    description: "Of a picture that was embedded before.",
  }),
  id: z.string().optional().meta({ description: "Of a picture of the collection." }),
  vector: z.array(z.number()).optional().meta({ description: "An embedding of the bundle that is served." }),
  k: z.int().min(1).max(1000).default(10).meta({ description: "Most pictures that are found." }),
  threshold: share.default(-1).meta({ description: "Least similarity of what is found." }),
}).refine(
  (body) => ["input", "sha256", "id", "vector"].filter((name) => name in body).length === 1,
  "must have one of input, sha256, id and vector",
).meta({ id: "SearchRequest" });

/** A picture that was found. */
export const matchSchema = z.object({ ...pictureSchema.shape, ...verdict }).meta({ id: "Match" });
export type MatchItem = z.infer<typeof matchSchema>;

/** Answer of a search, and of `GET .../duplicates`: the most alike first. */
export const matchesSchema = z.object({
  object: z.literal("list"),
  data: z.array(matchSchema),
  model: z.string().meta({ description: "The bundle's id." }),
}).meta({ id: "Matches" });

/** Answer of `GET /v1/collections/{collection}/groups`. */
export const groupsSchema = z.object({
  object: z.literal("list"),
  data: z.array(z.object({
    object: z.literal("group"),
    canonical: pictureSchema,
    members: z.array(matchSchema).meta({ description: "Its copies, the most alike first." }),
  })),
  model: z.string().meta({ description: "The bundle's id." }),
  next: z.string().nullable().meta({ description: "Is `after` of the next page; null on the last." }),
}).meta({ id: "Groups" });

/** How `GET /v1/collections/{collection}/redirects` writes them. */
export const redirectFormatSchema = z.enum(["json", "csv", "nginx"]);

/** Answer of `GET /v1/collections/{collection}/redirects` as JSON. */
export const redirectsSchema = z.object({
  object: z.literal("list"),
  model: z.string().meta({ description: "The bundle's id." }),
  data: z.array(z.object({
    id: z.string(),
    url: z.string(),
    canonical_url: z.string().meta({ description: "Of the picture that can be served in its place." }),
  })),
}).meta({ id: "Redirects" });

/** Answer of `POST /v1/duplicates`: which of the request's pictures are copies of each other. */
export const duplicatesSchema = z.object({
  object: z.literal("list"),
  data: z.array(z.object({
    canonical: z.int().nonnegative().meta({ description: "Place of the picture in the request, from 0." }),
    members: z.array(z.object({ index: z.int().nonnegative(), ...verdict })),
  })).meta({ description: "Groups, also those of one picture, in the order of the request." }),
  errors: z.array(z.object({ index: z.int().nonnegative(), error: errorSchema })),
  model: z.string().meta({ description: "The bundle's id." }),
}).meta({ id: "Duplicates" });
