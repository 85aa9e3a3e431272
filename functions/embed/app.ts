import { type Context, Hono } from "hono";
import { every } from "hono/combine";
import { etag } from "hono/etag";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { timing } from "hono/timing";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AccessSettings } from "./access/access.ts";
import { createAuthorize } from "./access/authorize.ts";
import { allowPages } from "./access/pages.ts";
import { admission } from "./admission.ts";
import type { BulkLimits } from "./collections/bulk.ts";
import { createCollections } from "./collections/collections.ts";
import { contentDigest } from "./content_digest.ts";
import { postDuplicates } from "./collections/duplicates.ts";
import { deadline } from "./deadline.ts";
import { drain } from "./drain.ts";
import { describeError, isUnexpected } from "./errors.ts";
import type { FetchPicture } from "./fetch/fetch_picture.ts";
import { WaitingLine } from "./inference/waiting_line.ts";
import { createJobs } from "./jobs/jobs.ts";
import type { Jobs } from "./jobs/open_jobs.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./observe/metrics.ts";
import { observeBundles } from "./observe/observe_bundles.ts";
import { observeCollections } from "./observe/observe_collections.ts";
import { observeLine } from "./observe/observe_inference.ts";
import { observeRequests } from "./observe/observe_requests.ts";
import { observeStore } from "./observe/observe_store.ts";
import { observeWebhook } from "./observe/observe_webhook.ts";
import { createReference } from "./openapi/reference.ts";
import { createPages } from "./page/pages.ts";
import { createRegistryRoutes, type FollowedRegistry } from "./registry/registry_routes.ts";
import { UnknownRouteError, WrongMethodError } from "./request_errors.ts";
import { receiveBody } from "./receive_body.ts";
import { getBundle } from "./routes/bundle.ts";
import { CACHED_ROUTE, getCached } from "./routes/cached.ts";
import { postEmbeddings } from "./routes/embeddings.ts";
import { getHealth } from "./routes/health.ts";
import { getMetrics } from "./routes/metrics.ts";
import { getReady } from "./routes/ready.ts";
import { type Draining, stoppingError } from "./stop.ts";
import type { Settings } from "./settings.ts";
import type { Webhook } from "./webhook/webhook.ts";
import type { Store } from "./store/store.ts";
import type { Bundles } from "./takeover/bundles.ts";
import { createServing } from "./takeover/serving.ts";

/** Everything that the app needs and does not make itself. */
export interface Dependencies {
  bundles: Bundles;
  /** The registry that they come from; absent where there is none. */
  followed?: FollowedRegistry;
  store: Store;
  limits:
    & BulkLimits
    & Pick<Settings, "maxBytes" | "maxBatch" | "maxSeconds" | "maxQueue" | "maxUploadBytes" | "readyAnswers">;
  access: AccessSettings;
  log: Log;
  /** Refuses and counts requests for a graceful end; absent where the platform ends processes by itself. */
  draining?: Draining;
  /** The queue of jobs; absent where there are no workers. */
  jobs?: Jobs;
  /** Tells of groups that change; absent where nobody is to be told. */
  webhook?: Webhook;
  /** Fetches a picture from its URL; absent where URLs are not enabled. */
  fetchPicture?: FetchPicture;
}

/** The edge function as a Hono app: routes, the order of middleware, and what becomes of errors. */
export function createApp(
  { bundles, followed, store, limits, access, log, draining, webhook, fetchPicture, jobs }: Dependencies,
): Hono {
  const { maxBytes, maxBatch, maxSeconds, maxQueue, maxUploadBytes } = limits;
  const metrics = createMetrics();
  const lookups = observeStore(store, metrics);
  const serving = createServing(bundles, metrics, { store: lookups, maxQueue, log });
  observeBundles(bundles, metrics);
  observeLine(serving, metrics);
  if (webhook) observeWebhook(webhook, metrics);
  observeCollections(store, { serving, metrics, log });
  const authorize = createAuthorize(access);
  const app = new Hono();

  app.use(requestId());
  app.use(observeRequests({ metrics, log }));
  app.use(allowPages(access));
  // Before the times: caches would tell for a year how long the first of these answers took.
  app.get(
    CACHED_ROUTE,
    drain(draining),
    authorize("lookup"),
    getCached(serving, lookups, {
      maxReady: limits.readyAnswers,
      countHit: () => metrics.cacheLookups.inc({ result: "hit" }),
    }),
  );
  app.use("/v1/*", timing({ totalDescription: "" }));
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

  app.route("/", createPages());
  app.route("/", createReference());
  app.get("/healthz", getHealth(serving));
  app.get("/metrics", authorize("metrics"), getMetrics(metrics.registry));
  app.get("/readyz", drain(draining), deadline(maxSeconds), getReady(serving));
  app.get("/v1/bundle", etag(), getBundle(serving, limits, access));
  const admit = admission({ maxBytes, maxUploadBytes, isFull: () => serving.current.embedder.line.full });
  const receive = (seconds: number) =>
    every(
      admit,
      deadline(seconds),
      receiveBody(maxBytes),
      contentDigest(),
    );
  const upload = receive(maxSeconds);
  const embedding = {
    serving,
    fetching: new WaitingLine(Math.max(1, Math.floor(maxUploadBytes / maxBytes)), maxQueue),
    fetchPicture,
  };
  app.post(
    "/v1/embeddings",
    drain(draining),
    authorize("embed"),
    upload,
    postEmbeddings({ maxBatch, ...embedding }),
  );
  app.post(
    "/v1/duplicates",
    drain(draining),
    authorize("embed"),
    upload,
    postDuplicates({ store, maxBatch, ...embedding }),
  );
  const guards = {
    read: every(drain(draining), authorize("collections-read")),
    write: every(drain(draining), authorize("collections-write")),
    upload,
    // A list is answered when its own time is up.
    list: receive(maxSeconds + limits.bulkSeconds),
  };
  app.route("/", createCollections({ store, guards, limits, log, tell: webhook?.tell, ...embedding }));

  app.route(
    "/",
    createRegistryRoutes({
      followed,
      serving,
      guards: {
        read: every(drain(draining), authorize("bundles-read")),
        write: every(drain(draining), authorize("bundles-write")),
      },
    }),
  );
  app.route("/", createJobs({ jobs, guard: every(drain(draining), authorize("jobs")) }));

  app.notFound((c) =>
    answerError(c, new UnknownRouteError(`Cannot answer: there is no such route: received ${c.req.path}`))
  );
  app.onError((error, c) => {
    if (isUnexpected(error)) {
      log({ message: "The request failed", requestId: c.get("requestId"), error });
    }
    const cutOff = draining?.stopping && error instanceof Deno.errors.BadResource;
    return answerError(c, cutOff ? stoppingError() : error);
  });
  return app;
}

function answerError(c: Context, error: Error): Response {
  const { status, headers, body } = describeError(error);
  c.set("errorCode", body.error.code);
  return c.json(body, status as ContentfulStatusCode, { ...headers, "Cache-Control": "no-store" });
}
