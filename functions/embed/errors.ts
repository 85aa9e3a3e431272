import type { ErrorResponse } from "../../shared/api.ts";
import { BundleError } from "../../shared/bundle.ts";
import { ObjectStoreError } from "../../shared/objects/object_store.ts";
import { RefusedCandidateError, RegistryError, UnknownBundleError } from "../../shared/registry/errors.ts";
import {
  DamagedImageError,
  ImageTooLargeError,
  NotAnImageError,
  UnsupportedImageError,
} from "../../shared/image/errors.ts";
import * as access from "./access/errors.ts";
import * as collections from "./collections/errors.ts";
import { JobEndedError, NoJobsError, UnknownJobError } from "./jobs/errors.ts";
import { InferenceFailedError } from "./inference/inference.ts";
import * as request from "./request_errors.ts";
import { NoRegistryError } from "./registry/errors.ts";
import { NoCollectionsError } from "./store/store.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

/** Every error that a caller is told about. Codes are stable: programs depend on them. */
const table = [
  [request.EmptyBodyError, 400, "empty_body"],
  // Deno's, when the caller hangs up in the middle of an upload.
  [Deno.errors.BadResource, 400, "interrupted_body"],
  [request.InvalidJsonError, 400, "invalid_json"],
  [request.InvalidRequestError, 400, "invalid_request"],
  [request.InvalidFormError, 400, "invalid_form"],
  [request.InvalidDataUriError, 400, "invalid_data_uri"],
  [request.InvalidInputError, 400, "invalid_input"],
  [request.UrlsDisabledError, 403, "urls_disabled"],
  [request.InvalidUrlError, 400, "invalid_url"],
  [request.UrlNotAllowedError, 403, "url_not_allowed"],
  [request.AddressNotPublicError, 403, "address_not_public"],
  [request.UrlUnreachableError, 400, "url_unreachable"],
  [request.UrlAnswerError, 400, "url_answer"],
  [request.UrlTooLargeError, 413, "url_too_large"],
  [request.UnknownEncodingFormatError, 400, "unknown_encoding_format"],
  [request.InvalidDimensionsError, 400, "invalid_dimensions"],
  [access.MissingKeyError, 401, "missing_api_key"],
  [access.UnknownKeyError, 401, "invalid_api_key"],
  [access.MissingRightError, 403, "missing_right"],
  [access.WrongOriginError, 403, "wrong_origin"],
  [access.TooManyRequestsError, 429, "rate_limit_exceeded"],
  [request.UnknownRouteError, 404, "unknown_route"],
  [request.UnknownBundleError, 404, "unknown_bundle"],
  [request.NotCachedError, 404, "not_cached"],
  [collections.InvalidParameterError, 400, "invalid_parameter"],
  [request.ContentDigestError, 400, "wrong_content_digest"],
  [collections.UnknownCollectionError, 404, "unknown_collection"],
  [collections.UnknownPictureError, 404, "unknown_picture"],
  [collections.NoUrlError, 404, "no_url"],
  [collections.NoThumbnailError, 404, "no_thumbnail"],
  [collections.CollectionNotEmptyError, 409, "collection_not_empty"],
  [NoRegistryError, 404, "no_registry"],
  [UnknownBundleError, 404, "unknown_bundle"],
  [RefusedCandidateError, 409, "bundle_refused"],
  [RegistryError, 409, "registry_conflict"],
  [BundleError, 409, "bundle_broken"],
  [ObjectStoreError, 502, "registry_unavailable"],
  [NoCollectionsError, 404, "no_collections"],
  [UnknownJobError, 404, "unknown_job"],
  [JobEndedError, 409, "job_ended"],
  [NoJobsError, 404, "no_jobs"],
  [request.WrongMethodError, 405, "wrong_method"],
  [request.BodyTooLargeError, 413, "body_too_large"],
  [request.TooManyPicturesError, 413, "too_many_pictures"],
  [request.HungUpError, 499, "client_closed_request"],
  [request.DeadlineError, 504, "deadline_exceeded"],
  [request.QueueFullError, 503, "queue_full"],
  [request.TooManyUploadsError, 503, "too_many_uploads"],
  [request.NotReadyError, 503, "not_ready"],
  [request.StoppingError, 503, "stopping"],
  [InferenceFailedError, 500, "inference_failed"],
  [NotAnImageError, 400, "not_an_image"],
  [DamagedImageError, 400, "damaged_image"],
  [ImageTooLargeError, 413, "too_many_pixels"],
  [UnsupportedImageError, 415, "unsupported_image"],
] as const satisfies readonly (readonly [ErrorClass, status: number, code: string])[];

/** Of an error that is not in the table. */
const INTERNAL = [undefined, 500, "internal_error"] as const;

/** For programs: what went wrong. */
export type ErrorCode = (typeof table)[number][2] | (typeof INTERNAL)[2];

/** The HTTP status of every code. */
export const STATUS_OF_CODE = Object.fromEntries(
  [...table, INTERNAL].map(([, status, code]) => [code, status]),
) as Record<ErrorCode, number>;

/** Whether the error is nobody's fault but ours: not in the table. */
export function isUnexpected(error: Error): boolean {
  return find(error) === undefined;
}

/** An error as HTTP status, headers and body. One that is not in the table shows nothing of itself. */
export function describeError(
  error: Error,
): { status: number; headers: Record<string, string>; body: ErrorResponse } {
  const [, status, code] = find(error) ?? INTERNAL;
  const message = isUnexpected(error)
    ? "Cannot answer: something went wrong here; the log has it under this request's X-Request-Id"
    : error.message;
  const type = status < 500 ? "invalid_request_error" : "server_error";
  const param = error instanceof request.RequestError ? error.param : null;
  const headers: Record<string, string> = error instanceof request.OverloadedError
    ? { "Retry-After": String(error.retryAfter) }
    : {};
  return { status, headers, body: { error: { message, type, code, param } } };
}

function find(error: Error): (typeof table)[number] | undefined {
  return table.find(([errorClass]) => error instanceof errorClass);
}
