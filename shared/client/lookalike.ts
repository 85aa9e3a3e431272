import { unlessAborted } from "./abort.ts";
import type { Answer } from "./answer.ts";
import type { BundleInfo } from "./bundle_info.ts";
import { type Embedding, readEmbedding } from "./embedding.ts";
import { EndpointError } from "./errors.ts";
import { hash } from "./hash.ts";
import { Requests } from "./requests.ts";
import { Slots } from "./slots.ts";
import { Uploads } from "./uploads.ts";

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

/** Embeds pictures at an endpoint: asks its cache by hash, and uploads what the cache does not have. */
export class Lookalike {
  readonly #requests: Requests;
  readonly #slots: Slots;
  readonly #uploads: Uploads;
  #bundle: Promise<BundleInfo> | undefined;

  constructor({ url, key, concurrency = 4, batch = 8, attempts = 5, maxWait = 30 }: ClientOptions) {
    this.#requests = new Requests({ url: new URL(url), key, attempts, maxWait });
    this.#slots = new Slots(concurrency);
    this.#uploads = new Uploads({
      requests: this.#requests,
      slots: this.#slots,
      limits: () => this.bundle(),
      batch,
    });
  }

  /** The encoder that is served; asked for once. */
  async bundle(): Promise<BundleInfo> {
    this.#bundle ??= this.#requests.ask<BundleInfo>("/v1/bundle").then(({ body }) => body).catch((error) => {
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
    const uploaded = await this.#uploads.upload(blob, signal);
    return { ...uploaded, uploaded: true, milliseconds: milliseconds + uploaded.milliseconds };
  }

  /** What the cache has under the hash; undefined if it has nothing. */
  async #lookUp(sha256: string, signal: AbortSignal | undefined): Promise<Answer | undefined> {
    for (const again of [false, true]) {
      const { id, publicLookup } = await this.bundle();
      try {
        // Without a key, an answer is one that a CDN may keep.
        return await this.#requests.ask(`/v1/embeddings/${id}/${sha256}.json`, { signal }, !publicLookup);
      } catch (error) {
        if (!(error instanceof EndpointError) || error.status !== 404) throw error;
        if (error.code !== "unknown_bundle" || again) return undefined;
        // The endpoint was given a new encoder since.
        this.#bundle = undefined;
      }
    }
  }
}
