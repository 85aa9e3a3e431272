import { assertEquals, assertRejects } from "@std/assert";
import { createFetchPicture, type FetchOptions } from "../../../functions/embed/fetch/fetch_picture.ts";
import { RequestError } from "../../../functions/embed/request_errors.ts";
import { localNetwork, type TlsServer } from "./tls_server.ts";

/** Of a caller who waits. */
export const never = new AbortController().signal;

export const encoder = new TextEncoder();

/** Fetches from these hosts, which are a server of the test. */
export function fetcher({ port }: { port: number }, options: Partial<FetchOptions> = {}) {
  return createFetchPicture({
    allowed: ["photos.example.com", "*.cdn.example.com", "other.example.com"].map((hostname) => ({
      hostname,
      port,
    })),
    maxBytes: 100_000,
    maxSeconds: 5,
    maxRedirects: 2,
    network: localNetwork,
    ...options,
  });
}

/** The class and message of the refusal of a URL. */
export async function refused(
  fetchPicture: ReturnType<typeof fetcher>,
  url: string,
): Promise<[string, string]> {
  const { name, message, param } = await assertRejects(() => fetchPicture(url, "input", never), RequestError);
  assertEquals(param, "input");
  return [name, message];
}

export function redirect(status: number, location: string): Response {
  return new Response(null, { status, headers: { Location: location } });
}

/** Of a picture at the server. */
export function urlOf({ port }: TlsServer): string {
  return `https://photos.example.com:${port}/photo.jpg`;
}

/** Sends a head and a body as they are given. */
export async function send(conn: Deno.TlsConn, head: string, body: Uint8Array): Promise<void> {
  const writer = conn.writable.getWriter();
  await writer.write(encoder.encode(`${head}\r\n\r\n`));
  if (body.length > 0) await writer.write(body as Uint8Array<ArrayBuffer>);
  writer.releaseLock();
}
