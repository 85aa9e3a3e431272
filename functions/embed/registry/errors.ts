import { RequestError } from "../request_errors.ts";

/** The registry was asked for, where the endpoint has none. */
export class NoRegistryError extends RequestError {
  override name = "NoRegistryError";
}
