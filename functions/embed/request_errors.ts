import { HTTPException } from "hono/http-exception";

/** A request that cannot be answered as it is; each cause has its own class. */
export abstract class RequestError extends Error {
  /** The field or parameter that is wrong, where there is one. */
  readonly param: string | null;

  constructor(message: string, { param = null, cause }: { param?: string | null; cause?: unknown } = {}) {
    super(message, { cause });
    this.param = param;
  }
}

/** There are no bytes where a picture should be. */
export class EmptyBodyError extends RequestError {
  override name = "EmptyBodyError";
}

export class BodyTooLargeError extends RequestError {
  override name = "BodyTooLargeError";
}

export class InvalidJsonError extends RequestError {
  override name = "InvalidJsonError";
}

/** JSON, but not that of an embedding request. */
export class InvalidRequestError extends RequestError {
  override name = "InvalidRequestError";
}

/** Not multipart form data, or no file in it. */
export class InvalidFormError extends RequestError {
  override name = "InvalidFormError";
}

export class InvalidDataUriError extends RequestError {
  override name = "InvalidDataUriError";
}

/** A text where a picture should be that is no data URI, no URL and no base64. */
export class InvalidInputError extends RequestError {
  override name = "InvalidInputError";
}

/** A picture by its URL, where URLs are not enabled. */
export class UrlsDisabledError extends RequestError {
  override name = "UrlsDisabledError";
}

/** More pictures in one request than the limit. */
export class TooManyPicturesError extends RequestError {
  override name = "TooManyPicturesError";
}

export class UnknownEncodingFormatError extends RequestError {
  override name = "UnknownEncodingFormatError";
}

/** Not a number of dimensions that the bundle's vectors can be shortened to. */
export class InvalidDimensionsError extends RequestError {
  override name = "InvalidDimensionsError";
}

export class UnknownRouteError extends RequestError {
  override name = "UnknownRouteError";
}

export class WrongMethodError extends RequestError {
  override name = "WrongMethodError";
}

/** A bundle is asked for, by its id, that is not served here. */
export class UnknownBundleError extends RequestError {
  override name = "UnknownBundleError";
}

/** The cache does not have that picture. */
export class NotCachedError extends RequestError {
  override name = "NotCachedError";
}

/** The upload and its embedding took longer than the limit. Hono's timeout wants an HTTPException. */
export class DeadlineError extends HTTPException {
  override name = "DeadlineError";

  constructor(maxSeconds: number) {
    super(504, { message: `Cannot embed: a request must be done within ${maxSeconds} s: it took longer` });
  }
}
