import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Network } from "../../../functions/embed/fetch/network.ts";
import { isPublicAddress } from "../../../functions/embed/fetch/public_address.ts";
import { fetcher, redirect, refused } from "./fetcher.ts";
import { localNetwork, withHttps, withTls } from "./tls_server.ts";

Deno.test("fetchPicture() checks every redirect as it checks a URL", async () => {
  let target = "";
  await withHttps(() => redirect(302, target), async (server) => {
    const network: Network = {
      ...localNetwork,
      resolve: (host) => Promise.resolve(host === "other.example.com" ? ["10.0.0.1"] : ["127.0.0.1"]),
    };
    const fetchPicture = fetcher(server, { network });
    for (
      const [location, name] of [
        [`http://photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["file:///etc/passwd", "InvalidUrlError"],
        [`https://me:secret@photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["https://photos.example.com/", "UrlNotAllowedError"],
        ["https://169.254.169.254/latest/meta-data/", "UrlNotAllowedError"],
        [`//127.0.0.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://other.example.com:${server.port}/`, "AddressNotPublicError"],
      ] as const
    ) {
      target = location;
      const before = server.seen.connections;
      assertEquals(
        (await refused(fetchPicture, `https://photos.example.com:${server.port}/`))[0],
        name,
        location,
      );
      assertEquals(server.seen.connections, before + 1, location);
    }
  });
});

Deno.test("fetchPicture() refuses URLs that are not allowed before it connects to anything", async () => {
  await withTls(() => Promise.resolve(), async (server) => {
    const fetchPicture = fetcher(server);
    for (
      const [url, name] of [
        [`http://photos.example.com:${server.port}/a.jpg`, "InvalidUrlError"],
        ["ftp://photos.example.com/a.jpg", "InvalidUrlError"],
        ["file:///etc/passwd", "InvalidUrlError"],
        ["https:", "InvalidUrlError"],
        [`https://user@photos.example.com:${server.port}/`, "InvalidUrlError"],
        [`https://user:pass@photos.example.com:${server.port}/`, "InvalidUrlError"],
        ["https://photos.example.com/a.jpg", "UrlNotAllowedError"],
        [`https://photos.example.com.:${server.port}/`, "UrlNotAllowedError"],
        [`https://127.0.0.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://2130706433:${server.port}/`, "UrlNotAllowedError"],
        [`https://0x7f.1:${server.port}/`, "UrlNotAllowedError"],
        [`https://[::1]:${server.port}/`, "UrlNotAllowedError"],
        [`https://[::ffff:127.0.0.1]:${server.port}/`, "UrlNotAllowedError"],
        [`https://localhost:${server.port}/`, "UrlNotAllowedError"],
        [`https://photos.example.com@evil.example:${server.port}/`, "InvalidUrlError"],
        [`https://evil.example:${server.port}/?photos.example.com`, "UrlNotAllowedError"],
      ] as const
    ) {
      assertEquals((await refused(fetchPicture, url))[0], name, url);
    }
    assertEquals(server.seen, { connections: 0, bytes: 0 });
  });
});

Deno.test("fetchPicture() connects to no name that has a private address, alone or beside public ones", async () => {
  await withTls(() => Promise.resolve(), async (server) => {
    for (
      const addresses of [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::ffff:10.0.0.1"], [
        "fe80::1%1",
      ]]
    ) {
      const network = {
        ...localNetwork,
        resolve: () => Promise.resolve(addresses),
        isPublic: isPublicAddress,
      };
      const url = `https://photos.example.com:${server.port}/`;
      const [name, message] = await refused(fetcher(server, { network }), url);
      assertEquals(name, "AddressNotPublicError");
      for (const address of addresses) assert(!message.includes(address));
    }
    assertEquals(server.seen, { connections: 0, bytes: 0 });
  });
});

Deno.test("fetchPicture() sends nothing to a name that was public when asked and is private when connected to", async () => {
  const seen: (number | null)[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const conn of listener) {
      seen.push(await conn.read(new Uint8Array(100)));
      conn.close();
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const network = {
    ...localNetwork,
    resolve: () => Promise.resolve(["93.184.216.34"]),
    isPublic: isPublicAddress,
  };
  const [name] = await refused(fetcher({ port }, { network }), `https://photos.example.com:${port}/`);
  assertEquals(name, "AddressNotPublicError");
  await new Promise((resolve) => setTimeout(resolve, 50));
  listener.close();
  await accepting;
  assertEquals(seen, [null]);
});

Deno.test("fetchPicture() holds a server's certificate against the name", async () => {
  await withHttps(() => new Response("GIF89a"), async (server) => {
    const [name, message] = await refused(fetcher(server), `https://other.example.com:${server.port}/`);
    assertEquals(name, "UrlUnreachableError");
    assertStringIncludes(message, "certificate");
    assertEquals(server.seen.connections, 0);
  });
});
