import { z } from "zod";
import { manifestSchema } from "./bundle.ts";
import { comparisonSchema } from "./registry/comparison.ts";
import { STANDINGS } from "./registry/standing.ts";
import { stateSchema } from "./registry/state.ts";

/** A bundle of the registry. */
export const bundleItemSchema = z.object({
  object: z.literal("bundle"),
  id: z.string(),
  standing: z.enum(STANDINGS).meta({
    description:
      "What it is to the registry: `current`, `previous` and `earlier` were promoted in their turn, `rolled-back` was taken back, `candidate` has passed the gate, `refused` has not.",
  }),
  serving: z.boolean().meta({ description: "Whether this endpoint embeds uploads with it." }),
  collections: z.boolean().meta({ description: "Whether this endpoint answers collections from it." }),
  published: z.iso.datetime(),
  training: z.object({
    method: z.string(),
    pictures: z.int(),
    steps: z.int(),
    epochs: z.number(),
    loss: z.number().nullable(),
  }).nullable().meta({ description: "Null where the manifest cannot be read." }),
  dimensions: z.int().nullable(),
  bytes: z.int().nullable(),
  comparison: comparisonSchema.nullable().meta({
    description: "What the gate found, figure by figure; null where it never looked.",
  }),
}).meta({ id: "BundleItem" });
export type BundleItem = z.infer<typeof bundleItemSchema>;

/** Answer of `GET /v1/bundles`. */
export const bundlesSchema = z.object({
  object: z.literal("list"),
  data: z.array(bundleItemSchema).meta({ description: "The newest first." }),
  changes: stateSchema.shape.changes.meta({
    description: "What was promoted and rolled back, the newest last.",
  }),
});
export type BundlesResponse = z.infer<typeof bundlesSchema>;

/** Answer to a change of what is current. */
export const currentSchema = z.object({ object: z.literal("current"), current: z.string() });

/** The part of a manifest that a list shows. */
export const listedManifestSchema = z.object({
  training: manifestSchema.shape.training,
  embedding: manifestSchema.shape.embedding,
  encoder: manifestSchema.shape.encoder,
});
