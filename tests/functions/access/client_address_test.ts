import { assertEquals, assertThrows } from "@std/assert";
import { Hono } from "hono";
import {
  type AddressRange,
  addressRangesSchema,
  clientAddress,
} from "../../../functions/embed/access/client_address.ts";

const PROXIES = addressRangesSchema.parse("10.0.0.0/8, 192.0.2.1, fd00::/8");

async function addressOf(from: string | undefined, forwarded?: string, proxies: AddressRange[] = PROXIES) {
  const app = new Hono().get("/", (c) => c.text(clientAddress(c, proxies)));
  const headers: HeadersInit = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded };
  const info = from === undefined ? undefined : { remoteAddr: { hostname: from } };
  return await (await app.request("/", { headers }, info)).text();
}

Deno.test("clientAddress() is the connection's, whatever an untrusted sender claims", async () => {
  assertEquals(await addressOf("203.0.113.7"), "203.0.113.7");
  assertEquals(await addressOf("203.0.113.7", "198.51.100.1"), "203.0.113.7");
  assertEquals(await addressOf("10.1.1.1", "198.51.100.1", []), "10.1.1.1");
  assertEquals(await addressOf(undefined, "198.51.100.1"), "unknown");
});

Deno.test("clientAddress() goes back through trusted proxies, and no further", async () => {
  assertEquals(await addressOf("10.1.1.1", "198.51.100.1"), "198.51.100.1");
  assertEquals(await addressOf("::ffff:10.1.1.1", "198.51.100.1"), "198.51.100.1");
  assertEquals(await addressOf("10.1.1.1", "198.51.100.9, 198.51.100.1, 192.0.2.1"), "198.51.100.1");
  assertEquals(await addressOf("10.1.1.1", "198.51.100.9, not-an-address"), "10.1.1.1");
  assertEquals(await addressOf("10.1.1.1", ""), "10.1.1.1");
});

Deno.test("clientAddress() counts an IPv6 network of 64 bits as one client", async () => {
  const one = await addressOf("2001:db8:1:2:3:4:5:6");
  assertEquals(one, "2001:db8:1:2");
  assertEquals(await addressOf("fd00::1", "2001:db8:1:2:ffff::1"), one);
  assertEquals(await addressOf("2001:db8:1:3::1") === one, false);
});

Deno.test("addressRangesSchema refuses what is no address", () => {
  assertEquals(addressRangesSchema.parse(""), []);
  for (const text of ["10.0.0.0/33", "proxy.example", "10.0.0.1 10.0.0.2"]) {
    assertThrows(() => addressRangesSchema.parse(text), Error, undefined, text);
  }
});
