import { createDocument } from "zod-openapi";
import { collectionPaths } from "./collection_paths.ts";
import { embeddingPaths } from "./embedding_paths.ts";
import { errorResponse } from "./error_responses.ts";
import { jobPaths } from "./job_paths.ts";
import { registryPaths } from "./registry_paths.ts";
import { servicePaths } from "./service_paths.ts";

/** The description of every route, made from the schemas that requests and answers are validated with. */
export const openApiDocument = createDocument({
  openapi: "3.1.0",
  info: {
    title: "Lookalike",
    version: "1",
    description:
      "Embeddings of pictures: two pictures are as alike as the dot product of their vectors. OpenAI's client libraries work with it. Every answer has an `X-Request-Id`; a path asked by another method answers 405, and an unknown path 404, with an error of the same shape.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "./" }],
  tags: [{ name: "Embeddings" }, { name: "Collections" }, { name: "Bundles" }, { name: "Jobs" }, {
    name: "Service",
  }],
  security: [{}, { key: [] }],
  paths: { ...embeddingPaths, ...collectionPaths, ...registryPaths, ...jobPaths, ...servicePaths },
  components: {
    securitySchemes: {
      key: {
        type: "http",
        scheme: "bearer",
        description: "A secret key, or a publishable one on its own pages.",
      },
    },
    responses: {
      WrongMethod: errorResponse(["wrong_method"]),
      UnknownRoute: errorResponse(["unknown_route"]),
    },
  },
});
