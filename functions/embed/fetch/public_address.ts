import ipaddr from "ipaddr.js";

/** What IANA has given out for addresses of single hosts; everything else in IPv6 is special. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an address is one of the public internet: not private, loopback, link-local (where clouds keep their
 * metadata), shared, multicast, reserved, nor one that carries an IPv4 address inside it (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const isGlobal = parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
  return isGlobal && parsed.range() === "unicast";
}

/** The special ranges of IPv4 (IANA's registry) that another machine, or this one, can answer from. */
const SPECIAL_RANGES = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** The special ranges of IPv4 that a process can do without which listens on, or connects to, these addresses. */
export function specialRangesWithout(addresses: string[]): string[] {
  const own = addresses.filter((address) => ipaddr.IPv4.isValid(address)).map((each) =>
    ipaddr.IPv4.parse(each)
  );
  return SPECIAL_RANGES.filter((range) => !own.some((each) => each.match(ipaddr.IPv4.parseCIDR(range))));
}
