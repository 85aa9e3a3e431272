import { z } from "zod";
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from "zod-openapi";
import { errorSchema } from "../../../shared/api.ts";
import { type ErrorCode, STATUS_OF_CODE } from "../errors.ts";

/** What every operation may answer that a key guards. */
export const ACCESS_CODES: ErrorCode[] = [
  "missing_api_key",
  "invalid_api_key",
  "missing_right",
  "wrong_origin",
  "rate_limit_exceeded",
];

const RETRY_AFTER = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" as const, minimum: 0 } },
};

/** The responses that an operation has for these codes: one for each status, which names its codes. */
export function errorResponses(codes: ErrorCode[]): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => STATUS_OF_CODE[code]);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, errorResponse(codes)]));
}

/** The response for codes of one status. */
export function errorResponse(codes: ErrorCode[]): ZodOpenApiResponseObject {
  const status = STATUS_OF_CODE[codes[0]!];
  return {
    description: codes.map((code) => `\`${code}\``).join(", "),
    ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
    content: {
      "application/json": { schema: z.object({ error: errorSchema.extend({ code: z.enum(codes) }) }) },
    },
  };
}
