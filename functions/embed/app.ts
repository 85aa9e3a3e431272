import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { etag } from "hono/etag";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { timeout } from "hono/timeout";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Manifest } from "../../shared/bundle.ts";
import type { Encoder } from "../../shared/encoder.ts";
import type { AccessSettings } from "./access/access.ts";
import { createAuthorize } from "./access/authorize.ts";
import { allowPages } from "./access/pages.ts";
import { describeError, isUnexpected } from "./errors.ts";
import { createEmbedder } from "./inference/embedder.ts";
import type { Log } from "./log.ts";
import { BodyTooLargeError, DeadlineError, UnknownRouteError, WrongMethodError } from "./request_errors.ts";
import { CACHED_ROUTE, getCached } from "./routes/cached.ts";
import { postEmbeddings } from "./routes/embeddings.ts";
import { getHealth } from "./routes/health.ts";
import type { FetchPicture } from "./routes/picture_source.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store/store.ts";

/** Everything that the app needs and does not make itself. */
export interface Dependencies {
  manifest: Manifest;
  encoder: Encoder;
  store: Store;
  limits: Pick<Settings, "maxBytes" | "maxPixels" | "maxBatch" | "maxSeconds">;
  access: AccessSettings;
  log: Log;
  /** Fetches a picture from its URL; absent where URLs are not enabled. */
  fetchPicture?: FetchPicture;
}

/** The edge function as a Hono app: routes, the order of middleware, and what becomes of errors. */
export function createApp(
  { manifest, encoder, store, limits, access, log, fetchPicture }: Dependencies,
): Hono {
  const { maxBytes, maxPixels, maxBatch, maxSeconds } = limits;
  const authorize = createAuthorize(access);
  const app = new Hono();

  app.use(requestId());
  app.use(allowPages(access));
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      c.header("Allow", methods.join(", "));
      return answerError(
        c,
        new WrongMethodError(
          `Cannot answer: ${c.req.path} must be asked by ${methods.join(" or ")}: received ${c.req.method}`,
        ),
      );
    },
  }));

  app.get("/healthz", getHealth(manifest.id));
  app.get(CACHED_ROUTE, authorize("lookup"), etag(), getCached(manifest, store));
  app.post(
    "/v1/embeddings",
    authorize("embed"),
    timeout(maxSeconds * 1000, () => new DeadlineError(maxSeconds)),
    // HTTP holds a body to its Content-Length; one that has none is counted while it is read.
    bodyLimit({ maxSize: maxBytes, onError: () => refuseBody(maxBytes) }),
    postEmbeddings({
      manifest,
      embed: createEmbedder({ manifest, encoder, store, maxPixels, log }),
      maxBatch,
      fetchPicture,
    }),
  );

  app.notFound((c) =>
    answerError(c, new UnknownRouteError(`Cannot answer: there is no such route: received ${c.req.path}`))
  );
  app.onError((error, c) => {
    if (isUnexpected(error)) {
      log({ message: `${c.req.method} ${c.req.path} failed`, requestId: c.get("requestId"), error });
    }
    return answerError(c, error);
  });
  return app;
}

function refuseBody(maxBytes: number): never {
  throw new BodyTooLargeError(`Cannot embed: the body must have at most ${maxBytes} bytes: received more`);
}

function answerError(c: Context, error: Error): Response {
  const { status, body } = describeError(error);
  return c.json(body, status as ContentfulStatusCode, { "Cache-Control": "no-store" });
}
