import { z } from "zod";
import type { ZodOpenApiPathsObject, ZodOpenApiResponseObject } from "zod-openapi";
import { ACCESS_CODES, errorResponses } from "./error_responses.ts";

const NOT_MODIFIED = { description: "The answer at hand is still right." };

const status = (text: string) => z.object({ status: z.literal(text), bundle: z.string() });

function file(contentType: string, description: string): ZodOpenApiResponseObject {
  return { description, content: { [contentType]: { schema: { type: "string" } } } };
}

/** The routes for operators, and for those who read or call this interface. */
export const servicePaths: ZodOpenApiPathsObject = {
  "/healthz": {
    get: {
      operationId: "getHealth",
      tags: ["Service"],
      summary: "The process answers",
      security: [],
      responses: {
        "200": { description: "It does.", content: { "application/json": { schema: status("ok") } } },
      },
    },
  },
  "/readyz": {
    get: {
      operationId: "getReady",
      tags: ["Service"],
      summary: "Embeds a picture, past the cache",
      security: [],
      responses: {
        "200": { description: "It works.", content: { "application/json": { schema: status("ready") } } },
        ...errorResponses([
          "client_closed_request",
          "internal_error",
          "not_ready",
          "stopping",
          "deadline_exceeded",
        ]),
      },
    },
  },
  "/metrics": {
    get: {
      operationId: "getMetrics",
      tags: ["Service"],
      summary: "Metrics for Prometheus",
      responses: {
        "200": file("text/plain", "Text format 0.0.4."),
        ...errorResponses([...ACCESS_CODES, "internal_error"]),
      },
    },
  },
  "/openapi.json": {
    get: {
      operationId: "getOpenApi",
      tags: ["Service"],
      summary: "This document",
      security: [],
      responses: {
        "200": {
          description: "OpenAPI 3.1.",
          content: { "application/json": { schema: { type: "object" } } },
        },
        "304": NOT_MODIFIED,
      },
    },
  },
  "/client.js": {
    get: {
      operationId: "getClient",
      tags: ["Service"],
      summary: "A client for pages, as a module",
      security: [],
      responses: { "200": file("text/javascript", "JavaScript."), "304": NOT_MODIFIED },
    },
  },
  "/client.ts": {
    get: {
      operationId: "getClientSource",
      tags: ["Service"],
      summary: "The same client with its types",
      security: [],
      responses: { "200": file("application/typescript", "TypeScript."), "304": NOT_MODIFIED },
    },
  },
  "/docs": {
    get: {
      operationId: "getReference",
      tags: ["Service"],
      summary: "This document, to read and to try",
      security: [],
      responses: { "200": file("text/html", "A page that needs nothing from elsewhere.") },
    },
  },
};
