import { RequestError } from "../request_errors.ts";

/** A collection's name, a picture's id or a query parameter that is none. */
export class InvalidParameterError extends RequestError {
  override name = "InvalidParameterError";
}

export class UnknownCollectionError extends RequestError {
  override name = "UnknownCollectionError";
}

/** The collection has no picture of that id or SHA-256. */
export class UnknownPictureError extends RequestError {
  override name = "UnknownPictureError";
}

/** Other settings for a collection whose pictures were grouped by those it has. */
export class CollectionNotEmptyError extends RequestError {
  override name = "CollectionNotEmptyError";
}

/** A redirect to a picture of which nobody said where it is. */
export class NoUrlError extends RequestError {
  override name = "NoUrlError";
}
