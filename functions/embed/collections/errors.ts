import { NotCachedError, RequestError } from "../request_errors.ts";

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

/** A small picture of one whose thumbnail was not kept, or was made by other rules. */
export class NoThumbnailError extends RequestError {
  override name = "NoThumbnailError";
}

/** The error of a SHA-256 that the bundle which is served has not embedded. */
export function notCached(sha256: string): Error {
  return new NotCachedError(
    `Cannot look up the picture: it must have been embedded before by the bundle that is served: ${sha256} was not`,
    { param: "sha256" },
  );
}

/** The error of a collection that nobody made. */
export function unknownCollection(name: string): Error {
  return new UnknownCollectionError(`Cannot answer: the collection must exist: there is no ${name}`);
}

/** The error of a picture that a collection has not. */
export function unknownPicture(collection: string, id: string): Error {
  return new UnknownPictureError(
    `Cannot answer: the picture must be in the collection ${collection}: there is no ${JSON.stringify(id)}`,
    { param: "id" },
  );
}

/** The error of a picture of which no thumbnail is kept. */
export function noThumbnail(collection: string, id: string): Error {
  return new NoThumbnailError(
    `Cannot show the picture: its thumbnail must have been kept: that of ${
      JSON.stringify(id)
    } in ${collection} was not; put the picture again`,
    { param: "id" },
  );
}
