import { sleep } from "./abort.ts";
import { type Answer, type EmbeddingAnswer, readError, readJson, send } from "./answer.ts";
import { retryAfter } from "./retry_after.ts";

export interface RequestOptions {
  url: URL;
  key: string | undefined;
  /** How often one request is tried while the endpoint is too busy. */
  attempts: number;
  /** Longest wait for a busy endpoint, in seconds. */
  maxWait: number;
}

/** Asks the endpoint, as patiently as it wants. */
export class Requests {
  readonly #options: RequestOptions;
  /** Time before which nothing is sent, since the endpoint asked for patience; as performance.now(). */
  #quietUntil = 0;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** Asks until there is an answer that is not "too busy", or no try is left. */
  async ask<Body = EmbeddingAnswer>(
    path: string,
    init: RequestInit & { signal?: AbortSignal } = {},
    withKey = true,
  ): Promise<Answer<Body>> {
    const { url, key, attempts, maxWait } = this.#options;
    const headers = withKey && key !== undefined ? { Authorization: `Bearer ${key}` } : undefined;
    for (let attempt = 1;; attempt++) {
      while (performance.now() < this.#quietUntil) {
        await sleep(this.#quietUntil - performance.now(), init.signal);
      }
      const { response, text } = await send(new URL(path, url), { ...init, headers });
      const { status } = response;
      if (response.ok) return { body: readJson(text, response) as Body, headers: response.headers, status };
      const seconds = retryAfter(response.headers) ?? 2 ** (attempt - 2);
      const busy = status === 503 || status === 429;
      if (!busy || attempt >= attempts || seconds > maxWait) throw readError(text, response);
      // Up to half as long again, so that not all who were sent away come back at once.
      this.#quietUntil = performance.now() + 1000 * seconds * (1 + Math.random() / 2);
    }
  }
}
