import { sha256Hex } from "../../../shared/digest.ts";
import type { RemoteFile } from "./file_cache.ts";
import { SourceError, UnreachableSourceError } from "./source.ts";

const SECONDS = 60;
const MOST_BYTES = 100 * 2 ** 20;
/** Milliseconds before each new attempt of a request that failed. */
const PAUSES = [500, 2000];

const EXTENSIONS = ["jpg", "jpeg", "png", "webp", "gif", "avif"];

/**
 * The pictures of a list of URLs: a line each, empty ones and those that begin with `#` aside. A URL stands for one picture for
 * good: once fetched, it is not fetched again.
 *
 * @param list a file's path or a URL
 * @throws {UnreachableSourceError} if it cannot be read
 * @throws {SourceError} if a line is no URL
 */
export async function readUrlList(list: string, signal: AbortSignal): Promise<RemoteFile[]> {
  const text = await readList(list, signal);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const urls = new Set<string>();
  for (const [number, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const url = URL.parse(line);
    if (!url || !/^https?:$/.test(url.protocol)) {
      throw new SourceError(
        `Cannot use the source: an http or https URL on each line is required: received ${
          JSON.stringify(line.slice(0, 100))
        } on line ${number + 1} of ${list}`,
      );
    }
    urls.add(url.href);
  }
  return await Promise.all([...urls].map(async (url): Promise<RemoteFile> => {
    const digest = await sha256Hex(new TextEncoder().encode(url));
    return {
      path: `${new URL(url).hostname.replace(/[^\w.-]/g, "_")}/${digest.slice(0, 32)}.${extensionOf(url)}`,
      version: "1",
      read: (signal) => download(url, signal),
    };
  }));
}

async function readList(list: string, signal: AbortSignal): Promise<string> {
  try {
    if (!/^https?:/.test(list)) return await Deno.readTextFile(list);
    return new TextDecoder().decode(await download(list, signal));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UnreachableSourceError(
      `Cannot use the source: a list that can be read is required: received ${list}: ${reason}`,
      { cause },
    );
  }
}

/** By the URL's end; what is in the file decides when it is decoded. */
function extensionOf(url: string): string {
  const extension = /\.(\w+)$/.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? "";
  return EXTENSIONS.includes(extension) ? extension : "jpg";
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  for (let attempt = 0;; attempt++) {
    try {
      return await downloadOnce(url, AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]));
    } catch (error) {
      const pause = PAUSES[attempt];
      if (error instanceof RefusedError || signal.aborted || pause === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** An answer that would be the same again. */
class RefusedError extends Error {
  override name = "RefusedError";
}

async function downloadOnce(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    await response.body?.cancel();
    const message = `${url} answered ${response.status}`;
    throw response.status < 500 && response.status !== 429 ? new RefusedError(message) : new Error(message);
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    if ((length += part.length) > MOST_BYTES) {
      throw new RefusedError(`${url} has more than ${MOST_BYTES} bytes`);
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
