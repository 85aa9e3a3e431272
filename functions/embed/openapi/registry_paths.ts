import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { bundlesSchema, currentSchema } from "../../../shared/bundles_api.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCESS_CODES, errorResponses } from "./error_responses.ts";

const CODES: ErrorCode[] = [
  "invalid_parameter",
  ...ACCESS_CODES,
  "registry_unavailable",
  "no_registry",
  "registry_conflict",
  "stopping",
  "internal_error",
];
const CHANGE_CODES: ErrorCode[] = [...CODES, "unknown_bundle", "bundle_refused", "bundle_broken"];

const current = {
  description: "What is current now; this endpoint has taken it over, or says in its log why it has not.",
  content: { "application/json": { schema: currentSchema } },
};

/** The routes of the registry. */
export const registryPaths: ZodOpenApiPathsObject = {
  "/v1/bundles": {
    get: {
      operationId: "listBundles",
      tags: ["Bundles"],
      summary: "The registry's bundles, and how good they are",
      responses: {
        "200": {
          description: "All of them.",
          content: { "application/json": { schema: bundlesSchema } },
        },
        ...errorResponses(CODES),
      },
    },
  },
  "/v1/bundles/{id}/current": {
    put: {
      operationId: "promoteBundle",
      tags: ["Bundles"],
      summary: "Makes a bundle current that the gate has passed",
      requestParams: { path: z.object({ id: z.string().meta({ description: "64 hex digits." }) }) },
      responses: { "200": current, ...errorResponses(CHANGE_CODES) },
    },
  },
  "/v1/bundles/current": {
    delete: {
      operationId: "rollBackBundle",
      tags: ["Bundles"],
      summary: "Makes the bundle current that was so before",
      responses: { "200": current, ...errorResponses(CHANGE_CODES) },
    },
  },
};
