import { type Context, Hono, type MiddlewareHandler } from "hono";
import { type BundleItem, type BundlesResponse, listedManifestSchema } from "../../../shared/bundles_api.ts";
import type { RegisteredBundle, Registry } from "../../../shared/registry/registry.ts";
import { noQuerySchema } from "../collections/parameters.ts";
import { parseQuery } from "../collections/body.ts";
import { InvalidParameterError } from "../collections/errors.ts";
import type { Serving } from "../takeover/serving.ts";
import { NoRegistryError } from "./errors.ts";

/** The registry that an endpoint follows. */
export interface FollowedRegistry {
  registry: Registry;
  /** Has it looked at now. */
  look(): Promise<void>;
}

export interface RegistryOptions {
  /** Undefined where there is none. */
  followed: FollowedRegistry | undefined;
  serving: Serving;
  guards: Record<"read" | "write", MiddlewareHandler>;
}

/**
 * The bundles of the registry: which there are and how good, and which one is current. What changes that is asked for by methods
 * that browsers send for no page of another origin.
 */
export function createRegistryRoutes({ followed, serving, guards }: RegistryOptions): Hono {
  const app = new Hono();

  app.get("/v1/bundles", guards.read, async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const { registry } = requireRegistry();
    const [bundles, { changes }] = await Promise.all([registry.list(), registry.state()]);
    const data = await Promise.all(bundles.map((bundle) => describe(registry, bundle)));
    return answer(c, { object: "list", data, changes } satisfies BundlesResponse);
  });

  app.put("/v1/bundles/:id/current", guards.write, async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const { registry, look } = requireRegistry();
    await registry.promote(requireId(c.req.param("id")));
    return await tellCurrent(c, registry, look);
  });

  app.delete("/v1/bundles/current", guards.write, async (c) => {
    parseQuery(noQuerySchema, c.req.query());
    const { registry, look } = requireRegistry();
    await registry.rollBack();
    return await tellCurrent(c, registry, look);
  });

  /** Once this endpoint has looked too: who asks then sees what was changed. */
  const tellCurrent = async (c: Context, registry: Registry, look: () => Promise<void>) => {
    await look();
    const current = (await registry.state()).bundles.at(-1)!.id;
    return answer(c, { object: "current", current });
  };

  const describe = async (
    registry: Registry,
    { id, standing, published }: RegisteredBundle,
  ): Promise<BundleItem> => {
    const [json, comparison] = await Promise.all([registry.manifestJson(id), registry.comparison(id)]);
    const manifest = readManifest(json);
    return {
      object: "bundle",
      id,
      standing,
      serving: serving.current.manifest.id === id,
      collections: serving.collections.manifest.id === id,
      published: new Date(published).toISOString(),
      training: manifest?.training ?? null,
      dimensions: manifest?.embedding.dimensions ?? null,
      bytes: manifest?.encoder.bytes ?? null,
      comparison: comparison ?? null,
    };
  };

  const requireRegistry = (): FollowedRegistry => {
    if (followed) return followed;
    throw new NoRegistryError("Cannot answer: REGISTRY must name a registry: there is none here");
  };

  return app;
}

function readManifest(json: string | undefined) {
  try {
    const { training, embedding, encoder } = listedManifestSchema.parse(JSON.parse(json ?? ""));
    const { method, pictures, steps, epochs, loss } = training;
    return { training: { method, pictures, steps, epochs, loss }, embedding, encoder };
  } catch {
    return undefined; // it is listed all the same: an operator should see it
  }
}

function requireId(id: string): string {
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new InvalidParameterError(
    `Cannot promote: a bundle's id must be 64 hex digits: received ${JSON.stringify(id.slice(0, 80))}`,
    { param: "id" },
  );
}

function answer(c: Context, body: object): Response {
  return c.json(body, 200, { "Cache-Control": "no-store" });
}
