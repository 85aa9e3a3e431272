import { basename, isAbsolute, resolve } from "@std/path";
import { sha256Hex } from "../../../shared/digest.ts";
import { FinalError } from "../worker.ts";

/** Where a job's pictures are. */
export interface Source {
  /** As the job names it. */
  text: string;
  /** A folder or `.tar` of this machine; a bucket; or a list of URLs, itself a file or at a URL. */
  kind: "local" | "bucket" | "list";
  /** What comes before the names of its pictures: the same as long as the source is. */
  name: string;
}

/** A source that is none, or that this worker may not use. */
export class SourceError extends FinalError {
  override name = "SourceError";
}

/** A source that gives nothing now. */
export class UnreachableSourceError extends Error {
  override name = "UnreachableSourceError";
}

/**
 * Reads a source: `s3://bucket/prefix` or `https://server/bucket/prefix` is a bucket, what ends with `.txt` is a list of URLs,
 * and anything else is a folder or a `.tar`.
 *
 * @param allowed folders, files, buckets and URLs: a source must be one of them, or below one
 * @throws {SourceError} if it may not be used
 */
export async function parseSource(text: string, allowed: readonly string[]): Promise<Source> {
  const isUrl = /^[a-z0-9]+:\/\//.test(text);
  if (!isUrl && !isAbsolute(text)) {
    throw new SourceError(
      `Cannot use the source: an absolute path or a URL is required: received ${JSON.stringify(text)}`,
    );
  }
  const kind = /\.txt$/i.test(text) ? "list" : isUrl ? "bucket" : "local";
  // Modules would be run, and lists could name anything.
  if (kind === "local" && /\.(m?[jt]s|json)$/i.test(text)) {
    throw new SourceError(
      `Cannot use the source: a folder, .tar, list of URLs or bucket is required: received ${text}`,
    );
  }
  const place = normalize(text, isUrl);
  if (!allowed.some((each) => isBelow(place, normalize(each, /^[a-z0-9]+:\/\//.test(each))))) {
    throw new SourceError(
      `Cannot use the source: the worker must be allowed to (--sources): received ${text}, and it may use ${
        allowed.join(", ") || "none"
      }`,
    );
  }
  const digest = await sha256Hex(new TextEncoder().encode(place));
  const label = basename(place).replace(/[^\w.-]/g, "_").slice(0, 40);
  return { text: place, kind, name: `${label}-${digest.slice(0, 8)}` };
}

/** Without what could lead elsewhere: `..`, a query, slashes at the end. */
function normalize(text: string, isUrl: boolean): string {
  if (!isUrl) return resolve(text);
  const url = URL.parse(text);
  if (!url || url.username || url.search || url.hash) {
    throw new SourceError(
      `Cannot use the source: a URL without a user, a query and a fragment is required: received ${text}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function isBelow(place: string, allowed: string): boolean {
  return place === allowed || place.startsWith(allowed.endsWith("/") ? allowed : `${allowed}/`);
}
