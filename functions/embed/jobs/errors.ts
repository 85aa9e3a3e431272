import { RequestError } from "../request_errors.ts";

export class UnknownJobError extends RequestError {
  override name = "UnknownJobError";
}

/** A job is to be cancelled that has ended by itself. */
export class JobEndedError extends RequestError {
  override name = "JobEndedError";
}

/** There is no queue that a worker could share: the store is in memory. */
export class NoJobsError extends RequestError {
  override name = "NoJobsError";
}
