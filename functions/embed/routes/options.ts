import { z } from "zod";
import {
  type EncodingFormat,
  encodingFormatSchema,
  type Options,
  optionsSchema,
} from "../../../shared/api.ts";
import {
  InvalidDimensionsError,
  InvalidRequestError,
  type RequestError,
  UnknownBundleError,
  UnknownEncodingFormatError,
} from "../request_errors.ts";

/** How the vectors of an answer are written. */
export interface VectorFormat {
  encodingFormat: EncodingFormat;
  /** Undefined where the whole vector was asked for. */
  dimensions: number | undefined;
}

/**
 * Options from the fields of a form or the query, as they came: all of them text.
 *
 * @throws {RequestError} of the class that names the option that is wrong, or is none
 */
export function parseOptions({ dimensions, ...others }: Record<string, string | undefined>): Options {
  const number = dimensions !== undefined && /^\d+$/.test(dimensions) ? Number(dimensions) : dimensions;
  const result = optionsSchema.safeParse({ ...others, dimensions: number });
  if (!result.success) throw optionError(result.error.issues[0]!, { ...others, dimensions });
  return result.data;
}

/** The error that says which option is wrong, of those that were received. */
export function optionError(issue: z.core.$ZodIssue, received: object): RequestError {
  if (issue.code === "unrecognized_keys") {
    const [param = null] = issue.keys;
    return new InvalidRequestError(
      `Cannot embed: query parameters must be ${
        Object.keys(optionsSchema.shape).join(", ")
      }: received ${param}`,
      { param },
    );
  }
  const param = issue.path.join(".");
  const value = JSON.stringify(z.record(z.string(), z.unknown()).parse(received)[param]);
  switch (param) {
    case "encoding_format":
    case "embedding_type":
    case "encoding_type":
      return new UnknownEncodingFormatError(
        `Cannot embed: ${param} must be ${encodingFormatSchema.options.join(" or ")}: received ${value}`,
        { param },
      );
    case "dimensions":
      return new InvalidDimensionsError(
        `Cannot embed: dimensions must be a whole number from 1: received ${value}`,
        { param },
      );
    default:
      return new InvalidRequestError(`Cannot embed: ${param} must be a text: received ${value}`, { param });
  }
}

/**
 * What the options mean for the bundle that is served.
 *
 * @throws {InvalidDimensionsError} if its vectors have fewer dimensions
 * @throws {UnknownBundleError} if the model is the id of another bundle
 */
export function vectorFormat(
  { encoding_format, dimensions, model }: Options,
  bundle: { id: string; dimensions: number },
): VectorFormat {
  if (model && /^[0-9a-f]{64}$/.test(model) && model !== bundle.id) {
    throw new UnknownBundleError(`Cannot embed: the bundle served here is ${bundle.id}: received ${model}`, {
      param: "model",
    });
  }
  if (dimensions && dimensions > bundle.dimensions) {
    throw new InvalidDimensionsError(
      `Cannot embed: dimensions must be at most ${bundle.dimensions}, which the bundle's vectors have: received ${dimensions}`,
      { param: "dimensions" },
    );
  }
  return { encodingFormat: encoding_format ?? "float", dimensions };
}
