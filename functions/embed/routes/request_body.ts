import type { Context } from "hono";
import type { z } from "zod";
import { embeddingRequestSchema, type Options, optionsSchema } from "../../../shared/api.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import {
  EmptyBodyError,
  InvalidFormError,
  InvalidJsonError,
  InvalidRequestError,
  type RequestError,
  TooManyPicturesError,
} from "../request_errors.ts";
import { hasMoreParts } from "./form_parts.ts";
import { isJson, mediaTypeOf } from "./is_json.ts";
import { optionError, parseOptions } from "./options.ts";
import { parseJsonText } from "./parse_json.ts";
import { fromBlob, fromInput, type PictureSource } from "./picture_source.ts";

/** What a request asks for, however it was written. */
export interface RequestBody {
  /** At least one. */
  pictures: PictureSource[];
  options: Options;
}

export interface ReadOptions {
  /** Most pictures in one request. */
  maxBatch: number;
  /** Undefined where URLs are not enabled. */
  fetchPicture: FetchPicture | undefined;
}

/** Of a form that are no pictures: the options are three. */
const MOST_FIELDS = 100;

const OPTION_NAMES = Object.keys(optionsSchema.shape) as (keyof Options)[];
/** Those, and the other names that they have in JSON. */
const OPTIONS = new Set<string>([...OPTION_NAMES, "embedding_type", "encoding_type"]);

/**
 * Reads what to embed from a request whose body was received: raw bytes, files in multipart form data, or JSON. Options are fields of the form
 * or the JSON, or query parameters.
 *
 * @throws {RequestError} of the class that names what is wrong with the request as a whole
 */
export async function readRequest(c: Context, options: ReadOptions): Promise<RequestBody> {
  const query = parseOptions(c.req.query());
  const body = await readBody(c, options);
  if (body.pictures.length > options.maxBatch) {
    throw new TooManyPicturesError(
      `Cannot embed: a request must have at most ${options.maxBatch} pictures: received ${body.pictures.length}`,
      { param: "input" },
    );
  }
  return { ...body, options: { ...query, ...present(body.options) } };
}

async function readBody(c: Context, { fetchPicture, maxBatch }: ReadOptions): Promise<RequestBody> {
  const contentType = c.req.header("Content-Type");
  const bytes = c.get("body");
  if (mediaTypeOf(contentType) === "multipart/form-data") {
    return await readForm(bytes, contentType!, maxBatch);
  }
  if (bytes.length === 0) {
    throw new EmptyBodyError("Cannot embed: the request must carry a picture: received no bytes");
  }
  return isJson(contentType, bytes)
    ? readJson(new TextDecoder().decode(bytes), fetchPicture)
    : { pictures: [{ isRemote: false, read: () => Promise.resolve(bytes) }], options: {} };
}

async function readForm(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
  maxBatch: number,
): Promise<RequestBody> {
  // Parsing hundreds of thousands of parts would hold up everybody for seconds.
  if (hasMoreParts(bytes, contentType, maxBatch + MOST_FIELDS)) {
    throw new TooManyPicturesError(
      `Cannot embed: a form must have at most ${maxBatch} pictures and ${MOST_FIELDS} fields: received more`,
      { param: "input" },
    );
  }
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "Content-Type": contentType } }).formData();
  } catch (cause) {
    if (cause instanceof Deno.errors.BadResource) throw cause; // cut off on the way
    throw new InvalidFormError("Cannot embed: the body must be multipart form data: it cannot be parsed", {
      cause,
    });
  }
  const files = [...form].filter((entry): entry is [string, File] => entry[1] instanceof File);
  if (files.length === 0) {
    throw new InvalidFormError("Cannot embed: the form must have a file, under any name: received none", {
      param: "file",
    });
  }
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    pictures: files.map(([name, file]) => fromBlob(file, name)),
    options: parseOptions(Object.fromEntries(OPTION_NAMES.map((name) => [name, text(name)]))),
  };
}

function readJson(text: string, fetchPicture: FetchPicture | undefined): RequestBody {
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (cause) {
    throw new InvalidJsonError(`Cannot embed: the body must be JSON: ${(cause as Error).message}`, { cause });
  }
  const result = embeddingRequestSchema.safeParse(value);
  if (!result.success) throw requestError(deepest(result.error.issues[0]!), value);
  const { input, encoding_format, embedding_type, encoding_type, dimensions, model } = result.data;
  const pictures = Array.isArray(input)
    ? input.map((each, index) => fromInput(each, `input.${index}`, fetchPicture))
    : [fromInput(input, "input", fetchPicture)];
  return {
    pictures,
    options: {
      encoding_format: encoding_format ?? embedding_type ?? encoding_type ?? undefined,
      dimensions: dimensions ?? undefined,
      model: model ?? undefined,
    },
  };
}

/** The options that are there. */
function present(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** Of what was tried in vain on a union, the issue that lies deepest: the attempt that came nearest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  return issue.errors.flat()
    .map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
    .map(deepest)
    .reduce((best, each) => each.path.length > best.path.length ? each : best, issue);
}

function requestError(issue: z.core.$ZodIssue, value: unknown): RequestError {
  const param = issue.path.join(".") || null;
  if (param !== null && OPTIONS.has(param)) return optionError(issue, value as object);
  return new InvalidRequestError(
    `Cannot embed: the body must be {"input": ..., "encoding_format"?, "dimensions"?, "model"?}, where input is a picture, as a data URI, base64, an https URL, {"image": ...} or {"type": "image_url", "image_url": ...}, or a list of these: ${
      param ? `${param}: ` : ""
    }${issue.message}`,
    { param },
  );
}
