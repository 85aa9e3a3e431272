import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** Addresses of proxies whose X-Forwarded-For is believed. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

/** Text of the setting TRUSTED_PROXIES: addresses and ranges such as 10.0.0.0/8, separated by commas. */
export const addressRangesSchema: z.ZodType<AddressRange[], string> = z.string()
  .transform((text) => text.split(",").map((range) => range.trim()).filter((range) => range !== ""))
  .pipe(
    z.array(
      z.string().refine((range) => parseRange(range) !== undefined).transform((range) => parseRange(range)!),
    ),
  );

function parseRange(text: string): AddressRange | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** Address at the other end of the connection; undefined where the platform does not tell. */
export function connectionAddress(c: Context): string | undefined {
  const info = c.env as Partial<Deno.ServeHandlerInfo<Deno.NetAddr>> | undefined;
  return info?.remoteAddr?.hostname;
}

/** Whether a proxy says that it passed the request on. */
export function isForwarded(c: Context): boolean {
  return c.req.header("X-Forwarded-For") !== undefined || c.req.header("Forwarded") !== undefined;
}

/**
 * Who a request is from, for counting: the address of the connection, or, as long as that is a trusted proxy's, the
 * one before it in X-Forwarded-For. Of an IPv6 address its /64, which is what one customer gets.
 */
export function clientAddress(c: Context, trustedProxies: readonly AddressRange[]): string {
  const hops = (c.req.header("X-Forwarded-For") ?? "").split(",").map((hop) => hop.trim());
  let client = parseAddress(connectionAddress(c));
  while (client !== undefined && isAmong(client, trustedProxies)) {
    const before = parseAddress(hops.pop());
    if (before === undefined) break;
    client = before;
  }
  if (client === undefined) return "unknown";
  if (client.kind() === "ipv4") return client.toString();
  return (client as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16)).join(":");
}

function parseAddress(text: string | undefined): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // ipaddr.process() turns ::ffff:192.0.2.1 into 192.0.2.1.
  return text !== undefined && ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

function isAmong(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly AddressRange[]): boolean {
  return ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
}
