import ipaddr from "ipaddr.js";

/** Whether a name or an address of this machine can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === "127.0.0.1" || host === "::1") return true; // nearly always
  // ipaddr.process() turns ::ffff:127.0.0.1 into 127.0.0.1.
  return host === "localhost" || (ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback");
}
