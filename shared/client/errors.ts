import { retryAfter } from "./retry_after.ts";

/** The endpoint refused: `code` tells programs why, `message` tells people. */
export class EndpointError extends Error {
  override name = "EndpointError";
  /** Stable, such as "not_an_image"; docs/endpoint.md lists them. */
  readonly code: string;
  /** HTTP status: 200 for a picture that was refused among others in one upload. */
  readonly status: number;
  /** The field or parameter that is wrong, where there is one. */
  readonly param: string | null;
  /** For the operator, who finds the request in the log by it. */
  readonly requestId: string | null;
  /** Seconds after which the endpoint may be less busy, where it said so. */
  readonly retryAfter: number | null;

  constructor(
    { message, code, param }: { message: string; code: string; param: string | null },
    { status, headers }: { status: number; headers: Headers },
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.param = param;
    this.requestId = headers.get("X-Request-Id");
    this.retryAfter = retryAfter(headers);
  }
}

/** No answer: no network, no such host, or a page's origin that the endpoint does not allow. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/** An answer that is not the endpoint's, as from a proxy in between. */
export class UnexpectedAnswerError extends Error {
  override name = "UnexpectedAnswerError";
}
