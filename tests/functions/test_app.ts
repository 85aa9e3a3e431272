import { encodeBase64 } from "@std/encoding/base64";
import { createApp, type Dependencies } from "../../functions/embed/app.ts";
import { type LoadedBundle, oneBundle } from "../../functions/embed/takeover/bundles.ts";
import type { LogEntry } from "../../functions/embed/log.ts";
import { createLocalInference } from "../../functions/embed/inference/local_inference.ts";
import { openSqliteStore } from "../../functions/embed/store/sqlite.ts";
import {
  type BatchResponse,
  batchResponseSchema,
  type EmbeddingResponse,
  embeddingResponseSchema,
  errorResponseSchema,
} from "../../shared/api.ts";
import { openBundle } from "../../shared/bundle.ts";
import { createEncoder, type Encoder } from "../../shared/encoder.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** One encoder for all tests of a file, since a session's memory is never given back. */
export const bundle = await openBundle(
  await Deno.readTextFile(new URL("bundle/manifest.json", FIXTURES)),
  await Deno.readFile(new URL("bundle/encoder.onnx", FIXTURES)),
);
export const encoder = await createEncoder(bundle);
export const { manifest } = bundle;

/** Everybody may call, from anywhere. */
export const OPEN = {
  keys: [],
  anonymous: { allowed: true },
  publicLookup: false,
  publicCollections: [],
  trustedProxies: [],
};

export interface TestApp {
  /** What the app logged so far, without the lines of requests. */
  logged: LogEntry[];
  /** The lines of requests so far. */
  requests: LogEntry[];
  /** Sends a request, from the given address if there is one. */
  request(path: string | Request, init?: RequestInit, from?: string): Promise<Response>;
  /** Every route and middleware that the app has. */
  routes: { method: string; path: string }[];
}

interface Instead extends Partial<Omit<Dependencies, "limits">>, Partial<LoadedBundle> {
  encoder?: Encoder;
  limits?: Partial<Dependencies["limits"]>;
}

/** Runs `use` with the whole app, inference in this thread, and a store in memory, or with what is given instead. */
export async function withApp(
  use: (app: TestApp) => Promise<void>,
  {
    limits,
    encoder: otherEncoder = encoder,
    store = openSqliteStore(undefined),
    manifest: served = manifest,
    inference = createLocalInference(served, otherEncoder, 25_000_000),
    ...others
  }: Instead = {},
): Promise<void> {
  const logged: LogEntry[] = [];
  const requests: LogEntry[] = [];
  const app = createApp({
    bundles: oneBundle({ manifest: served, inference }),
    store,
    access: OPEN,
    limits: {
      maxBytes: 1_000_000,
      maxBatch: 8,
      maxSeconds: 10,
      maxQueue: 32,
      maxUploadBytes: 100_000_000,
      readyAnswers: 10,
      maxBulk: 10,
      bulkSeconds: 10,
      bulkConcurrency: 2,
      ...limits,
    },
    log: (entry) => (entry.message === "request" ? requests : logged).push(entry),
    ...others,
  });
  try {
    const request = async (path: string | Request, init?: RequestInit, from?: string) =>
      await app.request(path, init, from === undefined ? {} : { remoteAddr: { hostname: from } });
    await use({ logged, requests, request, routes: app.routes });
  } finally {
    await store.close();
  }
}

/** The bytes of `fixtures/photos/scenes_{number}.jpg`. */
export async function photo(number: number): Promise<Uint8Array<ArrayBuffer>> {
  const name = `photos/scenes_${String(number).padStart(2, "0")}.jpg`;
  return await Deno.readFile(new URL(name, FIXTURES));
}

/** A request that uploads a picture as raw bytes. */
export function upload(body: BodyInit, contentType = "image/jpeg"): RequestInit {
  return { method: "POST", headers: { "Content-Type": contentType }, body };
}

/** A request with a JSON body. */
export function json(body: unknown): RequestInit {
  return upload(JSON.stringify(body), "application/json");
}

/** A successful answer, validated; throws on any other. */
export async function answer(response: Response): Promise<EmbeddingResponse> {
  return embeddingResponseSchema.parse(await success(response));
}

/** A successful answer in which single pictures may have failed, validated; throws on any other. */
export async function batch(response: Response): Promise<BatchResponse> {
  return batchResponseSchema.parse(await success(response));
}

async function success(response: Response): Promise<unknown> {
  const body = await response.json();
  if (response.status !== 200) throw new Error(`Answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

/** A picture as a data URI. */
export function dataUri(bytes: Uint8Array): string {
  return `data:image/jpeg;base64,${encodeBase64(bytes)}`;
}

/** Status and code of an error, once its body has been validated. */
export async function refusal(
  response: Response,
): Promise<{ status: number; code: string; message: string }> {
  const { error } = errorResponseSchema.parse(await response.json());
  return { status: response.status, code: error.code, message: error.message };
}
