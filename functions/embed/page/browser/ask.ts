/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError, UnexpectedAnswerError, UnreachableError } from "/client.js";
import { keptKey } from "./key.ts";

/**
 * Asks the endpoint with the key that was given, if one was.
 *
 * @param body a picture as it is, anything else as JSON
 * @throws {EndpointError} if the endpoint refuses
 * @throws {UnreachableError | UnexpectedAnswerError} if there is no answer, or somebody else's
 */
export async function ask<Body>(path: string, method = "GET", body?: Blob | object): Promise<Body> {
  const key = keptKey();
  const response = await send(path, {
    method,
    // Else the browser may show for minutes what it was told before a change, as shared caches may.
    cache: "no-cache",
    headers: {
      ...key === undefined ? {} : { Authorization: `Bearer ${key}` },
      ...body === undefined || body instanceof Blob ? {} : { "Content-Type": "application/json" },
    },
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
  });
  const answer = response.status === 204 ? undefined : await readJson(response);
  if (response.ok) return answer;
  throw new EndpointError(answer.error, response);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (cause) {
    throw new UnreachableError("Cannot ask the endpoint: it must be reachable: it is not", { cause });
  }
}

async function readJson(response: Response) {
  try {
    return await response.json();
  } catch (cause) {
    throw new UnexpectedAnswerError(
      `Cannot read the answer: it must be JSON: received another, with status ${response.status}`,
      { cause },
    );
  }
}
