import { RequestError } from "../request_errors.ts";

/** No key, where one is needed. */
export class MissingKeyError extends RequestError {
  override name = "MissingKeyError";
}

/** A key that is none of those in the settings. */
export class UnknownKeyError extends RequestError {
  override name = "UnknownKeyError";
}

/** A key that may do other things only. */
export class MissingRightError extends RequestError {
  override name = "MissingRightError";
}

/** A publishable key on a page that it is not for. */
export class WrongOriginError extends RequestError {
  override name = "WrongOriginError";
}

/** More requests of one caller than its key allows. */
export class TooManyRequestsError extends RequestError {
  override name = "TooManyRequestsError";
}
