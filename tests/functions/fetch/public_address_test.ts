import { assertEquals } from "@std/assert";
import { isPublicAddress, specialRangesWithout } from "../../../functions/embed/fetch/public_address.ts";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "93.184.216.34",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700::1111",
  "2a00:1450::1",
];

const SPECIAL: Record<string, string[]> = {
  "this network": ["0.0.0.0", "0.1.2.3"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  "link-local, with a cloud's metadata": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
  "unique local, with a cloud's metadata": ["fd00:ec2::254", "fc00::1"],
  "shared by providers": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
  "multicast and broadcast": ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"],
  "reserved, documentation, benchmarks": [
    ...["192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1"],
    ...["2001:db8::1", "2001:2::1", "3fff::1", "100::1", "5f00::1"],
  ],
  "site-local": ["fec0::1"],
  unspecified: ["::"],
  "IPv4 inside IPv6: mapped, compatible, translated": [
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
  ],
  "IPv4 inside IPv6: NAT64": ["64:ff9b::7f00:1", "64:ff9b:1::7f00:1"],
  "IPv4 inside IPv6: 6to4 and Teredo": [
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
  ],
  "no address": ["", "localhost", "photos.example.com", "1.2.3.4.5", "::g"],
};

Deno.test("isPublicAddress() is true of addresses of the internet", () => {
  for (const address of PUBLIC) assertEquals([address, isPublicAddress(address)], [address, true]);
});

for (const [kind, addresses] of Object.entries(SPECIAL)) {
  Deno.test(`isPublicAddress() is false of what is ${kind}`, () => {
    for (const address of addresses) assertEquals([address, isPublicAddress(address)], [address, false]);
  });
}

Deno.test("specialRangesWithout() leaves out the ranges of the addresses, and has nothing that is public", () => {
  const all = specialRangesWithout(["203.0.113.1"]);
  for (const range of all) assertEquals(isPublicAddress(range.split("/")[0]!), false);
  for (
    const [own, range] of [["127.0.0.1", "127.0.0.0/8"], ["0.0.0.0", "0.0.0.0/8"], [
      "10.1.2.3",
      "10.0.0.0/8",
    ]] as const
  ) {
    assertEquals(specialRangesWithout([own, "203.0.113.1"]), all.filter((each) => each !== range));
  }
  assertEquals(specialRangesWithout(["::1"]), all);
});
