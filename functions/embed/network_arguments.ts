import { specialRangesWithout } from "./fetch/public_address.ts";
import type { Settings } from "./settings.ts";
import type { StoreAccess } from "./store/store_access.ts";

/**
 * What a process that fetches pictures may connect to, as arguments for Deno: the store, the registry, the webhook, the bundle's host and the hosts
 * of ALLOW_URLS only, and the last at public addresses: Deno looks at what a name resolves to before it connects. The
 * ranges of the process's own address, of its PostgreSQL and of its webhook have to be left to it, and IPv6 has no ranges here; there the
 * function's own check stands alone. A bundle's host must then be public too.
 *
 * @param own addresses that it listens on
 */
export function networkArguments(
  { bundle, allowUrls }: Pick<Settings, "bundle" | "allowUrls">,
  own: string[],
  access: StoreAccess,
): string[] {
  const hosts = new Set([
    ...access.hosts,
    ...bundle.kind === "url" ? [new URL(bundle.url).host] : [],
    ...allowUrls.map(({ hostname }) => hostname),
  ]);
  return [
    ...hosts.size === 0 ? [] : [`--allow-net=${[...hosts].join(",")}`],
    ...allowUrls.length === 0
      ? []
      : [`--deny-net=${specialRangesWithout([...own, ...access.addresses]).join(",")}`],
  ];
}
