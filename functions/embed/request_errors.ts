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

/** Not an https URL, or one with a user name or password. */
export class InvalidUrlError extends RequestError {
  override name = "InvalidUrlError";
}

/** A URL of a host that is not on the allow-list. */
export class UrlNotAllowedError extends RequestError {
  override name = "UrlNotAllowedError";
}

/** A URL of an allowed host that has an address which is not public. */
export class AddressNotPublicError extends RequestError {
  override name = "AddressNotPublicError";
}

/** A host that cannot be reached over https, breaks off, or takes too long. */
export class UrlUnreachableError extends RequestError {
  override name = "UrlUnreachableError";
}

/** A host that answers, but not with a picture. */
export class UrlAnswerError extends RequestError {
  override name = "UrlAnswerError";
}

/** A picture at a URL that has more bytes than the limit. */
export class UrlTooLargeError extends RequestError {
  override name = "UrlTooLargeError";
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

/** The upload and its embedding took longer than the limit. */
export class DeadlineError extends RequestError {
  override name = "DeadlineError";
}

/** The caller hung up before the answer was there: nobody reads this, but logs and metrics count it. */
export class HungUpError extends RequestError {
  override name = "HungUpError";
}

/** The server cannot take this now, and can presumably take it shortly. */
export abstract class OverloadedError extends RequestError {
  /** Seconds after which to try again. */
  readonly retryAfter: number = 1;
}

/** As many pictures wait as may. */
export class QueueFullError extends OverloadedError {
  override name = "QueueFullError";
}

/** The uploads under way hold as many bytes as they may. */
export class TooManyUploadsError extends OverloadedError {
  override name = "TooManyUploadsError";
}

/** The server is about to end, and another should be asked. */
export class StoppingError extends OverloadedError {
  override name = "StoppingError";
}

/** A picture could not be embedded to see whether pictures can be embedded. */
export class NotReadyError extends OverloadedError {
  override name = "NotReadyError";
}

/** The bytes that arrived are not those that were sent. */
export class ContentDigestError extends RequestError {
  override name = "ContentDigestError";
}
