import { assertEquals } from "@std/assert";
import { allowListSchema, isAllowed } from "../../../functions/embed/fetch/allow_list.ts";

Deno.test("allowListSchema reads names, wildcards, ports and origins", () => {
  assertEquals(allowListSchema.parse(""), []);
  assertEquals(
    allowListSchema.parse("Photos.Example.com, *.cdn.example.com:8443,https://b\u00fccher.example,"),
    [
      { hostname: "photos.example.com", port: 443 },
      { hostname: "*.cdn.example.com", port: 8443 },
      { hostname: "xn--bcher-kva.example", port: 443 },
    ],
  );
});

for (
  const text of [
    ...[
      "*",
      "*.com.*",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "0x7f.1",
      "photos.example.com/a",
      "http://photos.example.com",
    ],
    ...["user@photos.example.com", "photos.example.com.", "a b.example.com", "photos.example.com,*"],
  ]
) {
  Deno.test(`allowListSchema refuses ${text}`, () => {
    assertEquals(allowListSchema.safeParse(text).success, false);
  });
}

Deno.test("isAllowed() holds a URL's host and port against the list", () => {
  const allowed = allowListSchema.parse("photos.example.com,*.cdn.example.com,other.example.com:8443");
  const holds = (url: string) => isAllowed(new URL(url), allowed);
  for (
    const url of [
      "https://photos.example.com/a",
      "https://PHOTOS.example.com:443/a",
      "https://a.cdn.example.com",
      "https://a.b.cdn.example.com",
      "https://other.example.com:8443/",
    ]
  ) assertEquals([url, holds(url)], [url, true]);
  for (
    const url of [
      "https://example.com",
      "https://evilphotos.example.com",
      "https://photos.example.com.evil.example",
      "https://photos.example.com./",
      "https://photos.example.com:8443/",
      "https://other.example.com/",
      "https://cdn.example.com",
      "https://evilcdn.example.com",
      "https://127.0.0.1/",
      "https://[::1]/",
    ]
  ) assertEquals([url, holds(url)], [url, false]);
});
