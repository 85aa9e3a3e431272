import { z } from "zod";

/** A host that pictures may be fetched from. */
export interface AllowedHost {
  /** In lower case and ASCII; with a leading `*.`, any name below it, and not itself. */
  hostname: string;
  port: number;
}

const HOST = /^(\*\.)?([a-z\d_]([a-z\d_-]*[a-z\d_])?\.)+[a-z][a-z\d-]*$/;

/**
 * `photos.example.com, *.cdn.example.com, photos.example.com:8443`, with or without `https://`, as hosts; the empty text
 * is none. Names only: an address of its own is no host.
 */
export const allowListSchema: z.ZodType<AllowedHost[], string> = z.string().transform((text) =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")
).pipe(z.array(z.string().transform(parseHost).pipe(z.custom<AllowedHost>((host) => host !== undefined))));

function parseHost(entry: string): AllowedHost | undefined {
  const url = URL.parse(`https://${entry.replace(/^https:\/\//i, "")}`);
  if (!url || !HOST.test(url.hostname) || url.username || url.password) return undefined;
  if (url.pathname !== "/" || url.search || url.hash) return undefined;
  return { hostname: url.hostname, port: portOf(url) };
}

/** Whether a URL's host is one of those that are allowed, port included. */
export function isAllowed(url: URL, allowed: readonly AllowedHost[]): boolean {
  return allowed.some(({ hostname, port }) =>
    portOf(url) === port &&
    (hostname.startsWith("*.") ? url.hostname.endsWith(hostname.slice(1)) : url.hostname === hostname)
  );
}

/** The port that an https URL means. */
export function portOf(url: URL): number {
  return url.port === "" ? 443 : Number(url.port);
}
