import type { Context } from "hono";
import { z } from "zod";
import { EmptyBodyError, InvalidJsonError, InvalidRequestError } from "../request_errors.ts";
import { isJson } from "../routes/is_json.ts";
import { parseJsonText } from "../routes/parse_json.ts";
import { InvalidParameterError } from "./errors.ts";

/** A body that is a picture, or JSON. */
export type Body = { bytes: Uint8Array<ArrayBuffer> } | { json: unknown };

/**
 * What a body that was received is: a picture, or JSON.
 *
 * @throws {EmptyBodyError | InvalidJsonError}
 */
export function readBody(c: Context): Body {
  const bytes = c.get("body");
  if (bytes.length === 0) {
    throw new EmptyBodyError(
      "Cannot answer: the request must have a body, a picture or JSON: received no bytes",
    );
  }
  if (!isJson(c.req.header("Content-Type"), bytes)) return { bytes };
  try {
    return { json: parseJsonText(new TextDecoder().decode(bytes)) };
  } catch (cause) {
    throw new InvalidJsonError(`Cannot answer: the body must be JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * @param place where the value stood in the body, if it is not the body itself
 * @throws {InvalidRequestError} naming the first field that is wrong
 */
export function parseJson<T>(schema: z.ZodType<T>, value: unknown, place?: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const param = [...place === undefined ? [] : [place], ...path].join(".") || null;
  throw new InvalidRequestError(
    `Cannot answer: ${param ?? "the body"} must be as documented: ${message}`,
    { param },
  );
}

/** @throws {InvalidParameterError} naming the first parameter that is wrong */
export function parseQuery<T>(schema: z.ZodType<T>, query: Record<string, string>): T {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const param = path.join(".");
  throw new InvalidParameterError(
    param === ""
      ? `Cannot answer: the query must have documented parameters only: ${message}`
      : `Cannot answer: the parameter ${param} must be as documented: ${message}: received ${
        JSON.stringify(query[param])
      }`,
    { param: param || null },
  );
}
