import type { Context } from "hono";
import { z } from "zod";
import { recordSchema, redirectFormatSchema } from "../../../shared/collections_api.ts";
import { parseJsonText } from "../routes/parse_json.ts";
import { InvalidParameterError } from "./errors.ts";

/** @throws {InvalidParameterError} if it cannot be a collection's name */
export function requireCollectionName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name;
  throw new InvalidParameterError(
    `Cannot answer: a collection's name must be 1 to 64 letters, digits, dots, _ and -, a letter or digit first: received ${
      JSON.stringify(name)
    }`,
    { param: "collection" },
  );
}

/** @throws {InvalidParameterError} if it cannot be a picture's id */
export function requirePictureId(id: string): string {
  // deno-lint-ignore no-control-regex
  if (id.length >= 1 && id.length <= 512 && !/[\x00-\x1f\x7f]/.test(id)) return id;
  throw new InvalidParameterError(
    `Cannot answer: a picture's id must be 1 to 512 characters that can be printed: received ${
      JSON.stringify(id.slice(0, 40))
    }`,
    { param: "id" },
  );
}

/** The collection that a path names. */
export function collectionOf(c: Context): string {
  return requireCollectionName(c.req.param("collection") ?? "");
}

/** The id of a picture that a path names. */
export function pictureOf(c: Context): string {
  return requirePictureId(c.req.param("id") ?? "");
}

const numeric = z.string().regex(/^-?\d+(\.\d+)?$/, "must be a number").transform(Number);

const json = z.string().transform((text, context) => {
  try {
    return parseJsonText(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `must be JSON: ${(error as Error).message}` });
    return z.NEVER;
  }
});

/** What is said of a picture whose bytes are the body. */
export const recordQuerySchema = z.strictObject({
  url: recordSchema.shape.url,
  priority: numeric.optional().pipe(recordSchema.shape.priority),
  created: recordSchema.shape.created,
  metadata: json.optional().pipe(recordSchema.shape.metadata),
});

export const noQuerySchema = z.strictObject({});

export const searchQuerySchema = z.strictObject({
  k: numeric.pipe(z.int().min(1).max(1000)).default(10),
  threshold: numeric.pipe(z.number().min(-1).max(1)).default(-1),
});

export const duplicatesQuerySchema = z.strictObject({
  k: numeric.pipe(z.int().min(1).max(1000)).default(100),
});

const limit = numeric.pipe(z.int().min(1).max(1000)).default(100);

export const groupsQuerySchema = z.strictObject({
  limit,
  after: z.string().max(200).regex(/^[\w -]*$/, "must be the `next` of an answer").default(""),
});

export const picturesQuerySchema = z.strictObject({
  limit,
  after: z.string().max(512).default(""),
});

export const redirectsQuerySchema = z.strictObject({ format: redirectFormatSchema.default("json") });

export const canonicalQuerySchema = z.strictObject({
  redirect: z.enum(["true", "false"]).default("false").transform((text) => text === "true"),
});
