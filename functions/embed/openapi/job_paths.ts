import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { JOB_STATES, jobSpecSchema } from "../../../shared/jobs/job.ts";
import { jobSchema, jobsSchema } from "../../../shared/jobs/job_api.ts";
import type { ErrorCode } from "../errors.ts";
import { ACCESS_CODES, errorResponses } from "./error_responses.ts";

const CODES: ErrorCode[] = ["invalid_parameter", ...ACCESS_CODES, "internal_error", "no_jobs", "stopping"];

const path = z.object({ id: z.string().meta({ description: "The job's." }) });
const job = { content: { "application/json": { schema: jobSchema } } };

/** Jobs, which workers do. */
export const jobPaths: ZodOpenApiPathsObject = {
  "/v1/jobs": {
    post: {
      operationId: "fileJob",
      tags: ["Jobs"],
      summary: "Files a job",
      requestParams: {
        header: z.object({
          "Idempotency-Key": z.string().min(1).max(200).optional().meta({
            description: "The job is filed once, however often it is sent under this key.",
          }),
        }),
      },
      requestBody: { required: true, content: { "application/json": { schema: jobSpecSchema } } },
      responses: {
        "202": {
          description: "It is in the queue.",
          headers: { Location: { description: "Of the job.", schema: { type: "string" } } },
          ...job,
        },
        ...errorResponses([
          ...CODES,
          "invalid_json",
          "invalid_request",
          "interrupted_body",
          "body_too_large",
        ]),
      },
    },
    get: {
      operationId: "listJobs",
      tags: ["Jobs"],
      summary: "The newest jobs",
      requestParams: {
        query: z.object({
          state: z.enum(JOB_STATES).optional(),
          limit: z.int().min(1).max(100).default(20),
          before: z.uuid().optional().meta({ description: "`next` of the page before." }),
        }),
      },
      responses: {
        "200": { description: "Jobs.", content: { "application/json": { schema: jobsSchema } } },
        ...errorResponses(CODES),
      },
    },
  },
  "/v1/jobs/{id}": {
    get: {
      operationId: "getJob",
      tags: ["Jobs"],
      summary: "A job, how far it is, and what became of it",
      requestParams: { path },
      responses: {
        "200": { description: "The job.", ...job },
        ...errorResponses([...CODES, "unknown_job"]),
      },
    },
    delete: {
      operationId: "deleteJob",
      tags: ["Jobs"],
      summary: "Cancels a job and forgets it",
      description: "As cancelling does, and nothing of it is left in the queue.",
      requestParams: { path },
      responses: {
        "200": { description: "The job, as it was last.", ...job },
        ...errorResponses([...CODES, "unknown_job", "job_ended"]),
      },
    },
  },
  "/v1/jobs/{id}/cancelled": {
    put: {
      operationId: "cancelJob",
      tags: ["Jobs"],
      summary: "Cancels a job",
      description: "One that is running is stopped at its worker's next sign of life.",
      requestParams: { path },
      responses: {
        "200": { description: "The job, cancelled.", ...job },
        ...errorResponses([...CODES, "unknown_job", "job_ended"]),
      },
    },
  },
};
