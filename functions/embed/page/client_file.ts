import abort from "../../../shared/client/abort.ts" with { type: "text" };
import answer from "../../../shared/client/answer.ts" with { type: "text" };
import bundleInfo from "../../../shared/client/bundle_info.ts" with { type: "text" };
import embedding from "../../../shared/client/embedding.ts" with { type: "text" };
import entry from "../../../shared/client.ts" with { type: "text" };
import errors from "../../../shared/client/errors.ts" with { type: "text" };
import groupCopies from "../../../shared/client/group_copies.ts" with { type: "text" };
import hash from "../../../shared/client/hash.ts" with { type: "text" };
import lookalike from "../../../shared/client/lookalike.ts" with { type: "text" };
import requests from "../../../shared/client/requests.ts" with { type: "text" };
import retryAfter from "../../../shared/client/retry_after.ts" with { type: "text" };
import similarity from "../../../shared/client/similarity.ts" with { type: "text" };
import slots from "../../../shared/client/slots.ts" with { type: "text" };
import uploads from "../../../shared/client/uploads.ts" with { type: "text" };
import { joinModules } from "./join_modules.ts";

/** The client with its types, as one file that imports nothing. What people read first comes first, where it can. */
export const CLIENT_FILE = joinModules(entry, [
  ...[retryAfter, errors, bundleInfo, embedding, lookalike, similarity, groupCopies],
  ...[requests, uploads, answer, slots, hash, abort],
]);
