/**
 * The endpoint's client: for pages, Deno, Node and whatever else has `fetch`. The
 * endpoint serves it as one file that imports nothing, to be copied anywhere: `/client.ts`, and without its types `/client.js`.
 *
 * ```js
 * import { Lookalike, similarity } from "https://lookalike.example/client.js";
 *
 * const lookalike = new Lookalike({ url: "https://lookalike.example" });
 * const [a, b] = await Promise.all([...input.files].map((file) => lookalike.embed(file)));
 * const { copyThreshold } = await lookalike.bundle();
 * console.log(similarity(a, b) > copyThreshold ? "copies" : "two pictures");
 * ```
 *
 * @module
 */

export type { BundleInfo } from "./client/bundle_info.ts";
export type { Embedding } from "./client/embedding.ts";
export { EndpointError, UnexpectedAnswerError, UnreachableError } from "./client/errors.ts";
export { groupCopies } from "./client/group_copies.ts";
export { type ClientOptions, Lookalike, type Picture } from "./client/lookalike.ts";
export { similarity } from "./client/similarity.ts";
