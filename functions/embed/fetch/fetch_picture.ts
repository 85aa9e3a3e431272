import { sniff } from "../../../shared/image/sniff.ts";
import { raceAbort } from "../inference/waiting_line.ts";
import {
  AddressNotPublicError,
  InvalidUrlError,
  RequestError,
  UrlAnswerError,
  UrlNotAllowedError,
  UrlTooLargeError,
  UrlUnreachableError,
} from "../request_errors.ts";
import { type AllowedHost, isAllowed, portOf } from "./allow_list.ts";
import { getOver, type HttpAnswer } from "./http_answer.ts";
import { type Network, systemNetwork } from "./network.ts";

/** Fetches a picture from an https URL; `param` is where the URL stood in the request. */
export type FetchPicture = (url: string, param: string, signal: AbortSignal) => Promise<Uint8Array>;

export interface FetchOptions {
  allowed: readonly AllowedHost[];
  /** Most bytes of one picture. */
  maxBytes: number;
  /** Longest time for one picture, redirects included. */
  maxSeconds: number;
  /** Most redirects that are followed. */
  maxRedirects: number;
  network?: Network;
}

const HEADERS = {
  "User-Agent": "Lookalike",
  Accept: "image/jpeg, image/png, image/webp, image/gif, image/avif",
  "Accept-Encoding": "identity",
};
/** Enough to tell what kind of file it is. */
const SNIFFED_BYTES = 1024;

/**
 * Makes the function that fetches pictures from hosts of the allow-list, over https, from public addresses only. The
 * address that is checked is that of the connection itself, before anything is sent over it; what a name resolves to is
 * looked at before that, so that no connection to a private address is even tried. All of it again for each redirect.
 */
export function createFetchPicture(
  { allowed, maxBytes, maxSeconds, maxRedirects, network = systemNetwork }: FetchOptions,
): FetchPicture {
  /**
   * @throws {RequestError} of the class that names what is wrong with the URL or the answer
   */
  return async function fetchPicture(text, param, signal) {
    const deadline = AbortSignal.timeout(maxSeconds * 1000);
    const either = AbortSignal.any([signal, deadline]);
    let url = parseUrl(text, param);
    try {
      for (let redirects = 0;; redirects++) {
        requireAllowed(url, allowed, param);
        const answer = await get(url, param, network, either, maxBytes);
        if (answer instanceof Uint8Array) return answer;
        if (redirects === maxRedirects) {
          throw new UrlAnswerError(
            `Cannot fetch the picture: at most ${maxRedirects} redirects are followed: received another`,
            { param },
          );
        }
        url = parseUrl(answer.location, param, url);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw error;
      throw new UrlUnreachableError(
        `Cannot fetch the picture: ${url.host} must answer within ${maxSeconds} s: it did not`,
        { param, cause: error },
      );
    }
  };
}

function parseUrl(text: string, param: string, base?: URL): URL {
  const url = URL.parse(text, base);
  const problem = !url
    ? "received what is no URL"
    : url.protocol !== "https:"
    ? `received ${url.protocol}`
    : url.username || url.password
    ? "received a user name or password in it"
    : undefined;
  if (url && problem === undefined) return url;
  throw new InvalidUrlError(
    `Cannot fetch the picture: its URL must be https://{host}/...${
      base ? ", after redirects too" : ""
    }: ${problem}`,
    { param },
  );
}

function requireAllowed(url: URL, allowed: readonly AllowedHost[], param: string): void {
  if (isAllowed(url, allowed)) return;
  throw new UrlNotAllowedError(
    `Cannot fetch the picture: its host and port must be on this server's list: received ${url.hostname}:${
      portOf(url)
    }`,
    { param },
  );
}

/** One request: the picture, or where it is said to be. */
async function get(
  url: URL,
  param: string,
  network: Network,
  signal: AbortSignal,
  maxBytes: number,
): Promise<Uint8Array | { location: string }> {
  const conn = await connect(url, param, network, signal);
  const close = () => closeQuietly(conn);
  signal.addEventListener("abort", close);
  try {
    const answer = await getOver(conn, url, HEADERS);
    const location = answer.headers.get("Location");
    if ([301, 302, 303, 307, 308].includes(answer.status) && location !== null) return { location };
    requirePicture(answer, url, param);
    return await readBody(answer, maxBytes, param);
  } catch (cause) {
    throw named(cause, url, param);
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

/** A connection to a public address, over TLS. */
async function connect(
  url: URL,
  param: string,
  network: Network,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const { hostname } = url;
  let conn: Deno.TcpConn | undefined;
  try {
    for (const address of await raceAbort(network.resolve(hostname), signal)) {
      requirePublic(address, hostname, param, network);
    }
    conn = await network.connect(hostname, portOf(url), signal);
    requirePublic(conn.remoteAddr.hostname, hostname, param, network);
    return await raceAbort(network.startTls(conn, hostname), signal);
  } catch (cause) {
    if (conn) closeQuietly(conn);
    throw named(cause, url, param);
  }
}

/** The address is not told: it would show a stranger what a private network is like. */
function requirePublic(address: string, hostname: string, param: string, network: Network): void {
  if (network.isPublic(address)) return;
  throw new AddressNotPublicError(
    `Cannot fetch the picture: ${hostname} must have public addresses only: it has another`,
    { param },
  );
}

function requirePicture({ status, headers }: HttpAnswer, { host }: URL, param: string): void {
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (status === 200 && encoding === "identity") return;
  const received = status === 200 ? `Content-Encoding ${encoding}` : `status ${status}`;
  throw new UrlAnswerError(
    `Cannot fetch the picture: ${host} must answer 200, and not compressed: received ${received}`,
    { param },
  );
}

async function readBody({ headers, body }: HttpAnswer, maxBytes: number, param: string): Promise<Uint8Array> {
  const announced = Number(headers.get("Content-Length") ?? 0);
  const chunks: Uint8Array[] = [];
  let length = 0, isTold = false;
  const requireSize = (bytes: number) => {
    if (bytes <= maxBytes) return;
    throw new UrlTooLargeError(
      `Cannot fetch the picture: it must have at most ${maxBytes} bytes: received more`,
      { param },
    );
  };
  requireSize(announced);
  for await (const chunk of body) {
    length += chunk.length;
    requireSize(length);
    chunks.push(chunk);
    if (!isTold && length >= SNIFFED_BYTES) {
      const start = concat(chunks, length);
      // No picture that is decoded here: its beginning is enough to say so.
      if ((sniff(start)?.format ?? "other") === "other") return start;
      isTold = true;
    }
  }
  return concat(chunks, length);
}

function concat(chunks: Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What went wrong on the way, where it has no name yet. */
function named(cause: unknown, { host }: URL, param: string): Error {
  if (cause instanceof RequestError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UrlUnreachableError(`Cannot fetch the picture: ${host} must answer over https: ${reason}`, {
    param,
    cause,
  });
}

/** Closing fails where the other side, or an abort, was first. */
function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
