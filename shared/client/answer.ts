import type { Embedding } from "./embedding.ts";
import { EndpointError, UnexpectedAnswerError, UnreachableError } from "./errors.ts";

/** Body of an answer with embeddings, as far as it is used here. */
export interface EmbeddingAnswer {
  data: { embedding: number[]; image: Embedding["image"]; error?: Refusal }[];
  model: string;
}
interface Refusal {
  message: string;
  code: string;
  param: string | null;
}
export interface Answer<Body = EmbeddingAnswer> {
  body: Body;
  headers: Headers;
  status: number;
}

/** Sends one request, and reads all of the answer. */
export async function send(url: URL, init: RequestInit): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, init);
    return { response, text: await response.text() };
  } catch (cause) {
    init.signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreachableError(`Cannot ask ${url.origin}: it must be reachable: ${reason}`, { cause });
  }
}

export function readJson(text: string, { url, status }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedAnswerError(
      `Cannot read the answer of ${url}: it must be JSON: received ${status} and ${text.slice(0, 80)}`,
      { cause },
    );
  }
}

/** What the endpoint refused with. */
export function readError(text: string, response: Response): EndpointError {
  const { error } = Object(readJson(text, response));
  if (typeof error?.code === "string") return new EndpointError(error, response);
  throw new UnexpectedAnswerError(
    `Cannot read the answer of ${response.url}: it must say what is wrong: received ${response.status}`,
  );
}
