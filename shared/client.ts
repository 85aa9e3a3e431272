/**
 * The endpoint's client: for pages, Deno, Node and whatever else has `fetch`. It is one file that imports nothing, to be
 * copied anywhere; the endpoint serves it as `/client.ts`, and without its types as `/client.js`.
 *
 * ```js
 * import { Lookalike, similarity } from "https://lookalike.example/client.js";
 *
 * const lookalike = new Lookalike({ url: "https://lookalike.example" });
 * const [a, b] = await Promise.all([...input.files].map((file) => lookalike.embed(file)));
 * const { copyThreshold } = await lookalike.bundle();
 * console.log(similarity(a, b) > copyThreshold ? "copies" : "two pictures");
 * ```
 *
 * @module
 */

/** A picture's bytes: a `File` or `Blob`, or the bytes themselves. */
export type Picture = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

export interface ClientOptions {
  /** Where the endpoint is, such as "https://lookalike.example". */
  url: string | URL;
  /** In a page a publishable key, on a server a secret one; none where the endpoint asks for none. */
  key?: string;
  /** Most requests at a time: 4 unless told otherwise. */
  concurrency?: number;
  /** Most pictures in one upload: 8 unless told otherwise, and never more than the endpoint takes. */
  batch?: number;
  /** How often one request is tried while the endpoint is too busy: 5 times unless told otherwise. */
  attempts?: number;
  /** Longest wait for a busy endpoint, in seconds: 30 unless told otherwise. One that asks for more is an error. */
  maxWait?: number;
}

/** What was embedded, and its vector. */
export interface Embedding {
  /** Of unit length: see {@linkcode similarity}. */
  vector: Float32Array;
  /** Id of the bundle that made the vector; vectors of two bundles cannot be compared. */
  bundle: string;
  /** Size after orientation, kind by content, and SHA-256 of the picture's bytes in hex. */
  image: { width: number; height: number; format: string; sha256: string };
  /** Whether the picture had to be uploaded: the cache did not have it, or could not be asked. */
  uploaded: boolean;
  /** What it took, in milliseconds, pictures in the same upload included, but not those before it. */
  milliseconds: number;
  /** `Server-Timing` of the answer, in milliseconds by name; empty if the endpoint does not tell. */
  serverTiming: Record<string, number>;
}

/** The encoder that the endpoint serves. */
export interface BundleInfo {
  id: string;
  /** Length of its vectors. */
  dimensions: number;
  /** Whether they come in order of importance, so that the first of them say most of a picture. */
  dimensionsOrdered: boolean;
  /** Similarity above which two pictures are most likely copies. */
  copyThreshold: number;
  /** Share of pairs of different pictures that exceed it all the same. */
  differentPairsAbove: number;
  /** Similarities at which that share of what is found are copies, and the share of copies that is found; may be none. */
  thresholds: { precision: number; threshold: number; recall: number }[];
  /** Largest request body in bytes, and most pictures in it. */
  maxBytes: number;
  maxBatch: number;
  /** Whether cached embeddings may be had without a key. */
  publicLookup: boolean;
}

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

/** A picture that the cache does not have, and who waits for it. */
interface Miss {
  blob: Blob;
  signal: AbortSignal | undefined;
  resolve(uploaded: Uploaded): void;
  reject(error: unknown): void;
}
type Uploaded = Pick<Embedding, "vector" | "bundle" | "image" | "serverTiming" | "milliseconds">;

/** Embeds pictures at an endpoint: asks its cache by hash, and uploads what the cache does not have. */
export class Lookalike {
  readonly #url: URL;
  readonly #key: string | undefined;
  readonly #batch: number;
  readonly #attempts: number;
  readonly #maxWait: number;
  readonly #slots: Slots;
  readonly #misses: Miss[] = [];
  /** Time before which nothing is sent, since the endpoint asked for patience; as performance.now(). */
  #quietUntil = 0;
  #bundle: Promise<BundleInfo> | undefined;

  constructor({ url, key, concurrency = 4, batch = 8, attempts = 5, maxWait = 30 }: ClientOptions) {
    this.#url = new URL(url);
    this.#key = key;
    this.#batch = batch;
    this.#attempts = attempts;
    this.#maxWait = maxWait;
    this.#slots = new Slots(concurrency);
  }

  /** The encoder that is served; asked for once. */
  async bundle(): Promise<BundleInfo> {
    this.#bundle ??= this.#ask<BundleInfo>("/v1/bundle").then(({ body }) => body).catch((error) => {
      this.#bundle = undefined;
      throw error;
    });
    return await this.#bundle;
  }

  /**
   * A picture's embedding. Call it for as many pictures as there are: no more than `concurrency` requests run at a
   * time, a picture's bytes are read when its turn comes, and those that must be uploaded meanwhile go together.
   *
   * @throws {EndpointError | UnreachableError | UnexpectedAnswerError}, or the reason of `signal` once it is aborted
   */
  async embed(picture: Picture, { signal }: { signal?: AbortSignal } = {}): Promise<Embedding> {
    const blob = picture instanceof Blob ? picture : new Blob([picture]);
    return await unlessAborted(signal, this.#embed(blob, signal));
  }

  async #embed(blob: Blob, signal: AbortSignal | undefined): Promise<Embedding> {
    const { found, milliseconds } = await this.#slots.run(async () => {
      signal?.throwIfAborted();
      const started = performance.now();
      const sha256 = await hash(blob);
      const found = sha256 && await this.#lookUp(sha256, signal);
      return { found, milliseconds: performance.now() - started };
    });
    if (found) return { ...readEmbedding(found, found.body.data[0]!), uploaded: false, milliseconds };
    const uploaded = await new Promise<Uploaded>((resolve, reject) => {
      this.#misses.push({ blob, signal, resolve, reject });
      this.#slots.run(() => this.#uploadMisses());
    });
    return { ...uploaded, uploaded: true, milliseconds: milliseconds + uploaded.milliseconds };
  }

  /** What the cache has under the hash; undefined if it has nothing. */
  async #lookUp(sha256: string, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    for (const again of [false, true]) {
      const { id, publicLookup } = await this.bundle();
      try {
        // Without a key, an answer is one that a CDN may keep.
        return await this.#ask(`/v1/embeddings/${id}/${sha256}.json`, { signal }, !publicLookup);
      } catch (error) {
        if (!(error instanceof EndpointError) || error.status !== 404) throw error;
        if (error.code !== "unknown_bundle" || again) return undefined;
        // The endpoint was given a new encoder since.
        this.#bundle = undefined;
      }
    }
  }

  /** Uploads as many waiting pictures as go into one request; none if others have taken them all. */
  async #uploadMisses(): Promise<void> {
    const misses: Miss[] = [];
    const settled = new AbortController();
    try {
      const { maxBatch, maxBytes } = await this.bundle();
      misses.push(...takeBatch(this.#misses, Math.min(this.#batch, maxBatch), maxBytes));
      if (misses.length === 0) return;
      const started = performance.now();
      const form = new FormData();
      for (const { blob } of misses) form.append("file", blob);
      const body = misses.length === 1 ? misses[0]!.blob : form;
      const answer = await this.#ask<EmbeddingAnswer>("/v1/embeddings", {
        method: "POST",
        body,
        signal: whenAllAborted(misses.map(({ signal }) => signal), settled.signal),
      });
      const milliseconds = performance.now() - started;
      misses.forEach(({ resolve, reject }, i) => {
        const item = answer.body.data[i]!;
        if (item.error) reject(new EndpointError(item.error, answer));
        else resolve({ ...readEmbedding(answer, item), milliseconds });
      });
    } catch (error) {
      // Before any was taken, the failure is that of whoever waits longest.
      if (misses.length === 0) misses.push(...this.#misses.splice(0, 1));
      for (const { reject } of misses) reject(error);
    } finally {
      settled.abort();
    }
  }

  /** Asks until there is an answer that is not "too busy", or no try is left. */
  async #ask<Body = EmbeddingAnswer>(
    path: string,
    init: RequestInit & { signal?: AbortSignal } = {},
    withKey = true,
  ): Promise<Answer<Body>> {
    const headers = withKey && this.#key !== undefined ? { Authorization: `Bearer ${this.#key}` } : undefined;
    for (let attempt = 1;; attempt++) {
      while (performance.now() < this.#quietUntil) {
        await sleep(this.#quietUntil - performance.now(), init.signal);
      }
      const { response, text } = await send(new URL(path, this.#url), { ...init, headers });
      const { status } = response;
      if (response.ok) return { body: readJson(text, response) as Body, headers: response.headers, status };
      const seconds = retryAfter(response.headers) ?? 2 ** (attempt - 2);
      const busy = status === 503 || status === 429;
      if (!busy || attempt >= this.#attempts || seconds > this.#maxWait) throw readError(text, response);
      // Up to half as long again, so that not all who were sent away come back at once.
      this.#quietUntil = performance.now() + 1000 * seconds * (1 + Math.random() / 2);
    }
  }
}

/**
 * How alike two pictures are: the cosine of their vectors, 1 for the same picture. Above the bundle's `copyThreshold`
 * one is most likely a copy of the other.
 *
 * @throws {TypeError} if the vectors are of two bundles
 */
export function similarity(a: Embedding, b: Embedding): number {
  if (a.bundle !== b.bundle) {
    throw new TypeError(
      `Cannot compare embeddings: both must be of one bundle: received ${a.bundle} and ${b.bundle}`,
    );
  }
  return a.vector.reduce((sum, value, i) => sum + value * b.vector[i]!, 0);
}

/**
 * Groups of copies: two pictures are in one group if their similarity is above the threshold, or if a chain of such
 * pairs leads from one to the other. Every picture is in one group, most of them alone.
 *
 * @returns indices of `embeddings`: groups in the order of their first picture
 */
export function groupCopies(embeddings: Embedding[], copyThreshold: number): number[][] {
  const groups: number[][] = [];
  embeddings.forEach((embedding, i) => {
    const near = (j: number) => similarity(embedding, embeddings[j]!) > copyThreshold;
    const joined = groups.filter((group) => group.some(near));
    const apart = groups.filter((group) => !joined.includes(group));
    groups.splice(0, Infinity, ...apart, [...joined.flat(), i].sort((a, b) => a - b));
  });
  return groups.sort(([a], [b]) => a! - b!);
}

/** Body of an answer with embeddings, as far as it is used here. */
interface EmbeddingAnswer {
  data: { embedding: number[]; image: Embedding["image"]; error?: Refusal }[];
  model: string;
}
interface Refusal {
  message: string;
  code: string;
  param: string | null;
}
interface Answer<Body = EmbeddingAnswer> {
  body: Body;
  headers: Headers;
  status: number;
}

function readEmbedding(
  { body, headers }: Answer,
  { embedding, image }: EmbeddingAnswer["data"][number],
): Pick<Embedding, "vector" | "bundle" | "image" | "serverTiming"> {
  return {
    vector: Float32Array.from(embedding),
    bundle: body.model,
    image,
    serverTiming: readServerTiming(headers.get("Server-Timing") ?? ""),
  };
}

/** From `decode;dur=3.1, infer;desc="...";dur=4` to milliseconds by name. */
function readServerTiming(header: string): Record<string, number> {
  const entries = header.matchAll(/([\w-]+)(?:;[^,;]*)*?;dur=([\d.]+)/g);
  return Object.fromEntries(Array.from(entries, ([, name, milliseconds]) => [name, Number(milliseconds)]));
}

async function send(url: URL, init: RequestInit): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, init);
    return { response, text: await response.text() };
  } catch (cause) {
    init.signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreachableError(`Cannot ask ${url.origin}: it must be reachable: ${reason}`, { cause });
  }
}

function readJson(text: string, { url, status }: Response): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedAnswerError(
      `Cannot read the answer of ${url}: it must be JSON: received ${status} and ${text.slice(0, 80)}`,
      { cause },
    );
  }
}

function readError(text: string, response: Response): EndpointError {
  const { error } = Object(readJson(text, response));
  if (typeof error?.code === "string") return new EndpointError(error, response);
  throw new UnexpectedAnswerError(
    `Cannot read the answer of ${response.url}: it must say what is wrong: received ${response.status}`,
  );
}

/** Seconds, which HTTP also writes as a date; null if there are none. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get("Retry-After");
  if (text === null) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

/** SHA-256 in hex; undefined where there is none: pages have SubtleCrypto over HTTPS and on localhost only. */
async function hash(blob: Blob): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await unlessAborted(signal, slept).finally(() => clearTimeout(timer));
}

/** The promise, or a rejection as soon as the signal is aborted. */
async function unlessAborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (!signal) return await promise;
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail, { signal: settled.signal });
  });
  return await Promise.race([promise, aborted]).finally(() => settled.abort());
}

/** Takes the pictures off the queue that go into one request. One alone goes whatever its size. */
function takeBatch(queue: Miss[], maxBatch: number, maxBytes: number): Miss[] {
  /** More than a form adds to a file. */
  const overhead = 1000;
  const batch: Miss[] = [];
  let bytes = 0;
  while (queue.length > 0 && batch.length < maxBatch) {
    const { blob, signal } = queue[0]!;
    bytes += blob.size + overhead;
    if (bytes > maxBytes && batch.length > 0) break;
    const miss = queue.shift()!;
    if (signal?.aborted) bytes -= blob.size + overhead;
    else batch.push(miss);
  }
  return batch;
}

/** A signal that is aborted once all of these are, listening until `settled`; none if one of them is missing. */
function whenAllAborted(
  signals: (AbortSignal | undefined)[],
  settled: AbortSignal,
): AbortSignal | undefined {
  if (signals.includes(undefined)) return undefined;
  const controller = new AbortController();
  const abort = () => signals.every((signal) => signal!.aborted) && controller.abort(signals[0]!.reason);
  for (const signal of signals) signal!.addEventListener("abort", abort, { signal: settled });
  return controller.signal;
}

/** Runs so many pieces of work at a time, first come, first served. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
