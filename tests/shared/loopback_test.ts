import { assertEquals } from "@std/assert";
import { isLoopback } from "../../shared/loopback.ts";

Deno.test("isLoopback() knows the addresses of this machine alone", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost"]) {
    assertEquals(isLoopback(host), true, host);
  }
  for (const host of ["0.0.0.0", "::", "192.168.1.2", "203.0.113.7", "localhost.example", "fe80::1"]) {
    assertEquals(isLoopback(host), false, host);
  }
});
