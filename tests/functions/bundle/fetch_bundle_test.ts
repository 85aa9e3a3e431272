import { assertEquals, assertRejects } from "@std/assert";
import { bundleAddressSchema, type BundleUrl } from "../../../functions/embed/bundle/bundle_address.ts";
import {
  BundleTooLargeError,
  BundleUnreachableError,
  fetchBundle,
} from "../../../functions/embed/bundle/fetch_bundle.ts";
import { BundleError } from "../../../shared/bundle.ts";
import { bundle, manifest } from "../test_app.ts";
import { AUTHORITY, withBundleServer } from "./bundle_server.ts";

const NEVER = "0".repeat(64);

/** Fetches as the server does, but trusts the tests' authority. */
async function fetchFrom(
  url: string,
  { maxBytes = 10_000_000, maxSeconds = 20 }: { maxBytes?: number; maxSeconds?: number } = {},
) {
  using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(AUTHORITY)] });
  return await fetchBundle(bundleAddressSchema.parse(url) as BundleUrl, {
    maxBytes,
    maxSeconds,
    fetch: (input, init) => fetch(input, { ...init, client }),
  });
}

Deno.test("fetchBundle() answers what is at the URL, whichever id it has or the one that is named", async () => {
  await withBundleServer(async ({ url, asked }) => {
    assertEquals(await fetchFrom(url), bundle);
    assertEquals(await fetchFrom(`${url}/#${manifest.id}`), bundle);
    const { message } = await assertRejects(() => fetchFrom(`${url}#${NEVER}`), BundleError);
    assertEquals(message.includes(NEVER) && message.includes(manifest.id), true, message);
    assertEquals(asked.slice(-2), ["/bundle/encoder.onnx", "/bundle/manifest.json"]);
  });
});

Deno.test("fetchBundle() refuses a bundle that was changed, or cut off, on the way", async () => {
  const change = (bytes: Uint8Array<ArrayBuffer>) => bytes.with(bytes.length >> 1, 99);
  const other = (name: string) => (found: string, bytes: Uint8Array<ArrayBuffer>) =>
    found === name ? new Response(change(bytes)) : undefined;
  for (const name of ["encoder.onnx", "manifest.json"]) {
    await withBundleServer(async ({ url }) => {
      await assertRejects(() => fetchFrom(url), BundleError, "Cannot open the bundle");
    }, other(name));
  }
  const cut = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    name === "encoder.onnx" ? new Response(bytes.slice(0, -1)) : undefined;
  await withBundleServer(async ({ url }) => {
    await assertRejects(() => fetchFrom(url), BundleError, "encoder.onnx must have");
  }, cut);
});

Deno.test("fetchBundle() reads no more than it may", async () => {
  let sent = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent++;
          controller.enqueue(new Uint8Array(65_536).fill(32));
        },
      }),
    );
  await withBundleServer(async ({ url, asked }) => {
    const { message } = await assertRejects(() => fetchFrom(url, { maxBytes: 1000 }), BundleTooLargeError);
    assertEquals(message.includes("at most 1000 bytes"), true, message);
    assertEquals(asked, ["/bundle/manifest.json"]);
  });
  for (const endlessFile of ["manifest.json", "encoder.onnx"]) {
    sent = 0;
    await withBundleServer(async ({ url }) => {
      await assertRejects(() => fetchFrom(url), BundleTooLargeError, endlessFile);
      assertEquals(sent < 200, true, `${sent} pieces were sent`);
    }, (name) => name === endlessFile ? endless() : undefined);
  }
});

Deno.test("fetchBundle() says why a bundle cannot be had", async () => {
  const never = () => new Response(new ReadableStream({}));
  for (
    const [answer, reason, maxSeconds] of [
      [() => new Response(null, { status: 403 }), "status 403", 20],
      [() => Response.redirect("https://localhost/elsewhere"), "status 302", 20],
      [never, "it did not", 0.5],
    ] as const
  ) {
    await withBundleServer(async ({ url }) => {
      const { message } = await assertRejects(() => fetchFrom(url, { maxSeconds }), BundleUnreachableError);
      assertEquals(message.includes(`${url}/manifest.json: ${reason}`), true, message);
    }, answer);
  }
  await assertRejects(() => fetchFrom("https://127.0.0.1:1/bundle"), BundleUnreachableError, "127.0.0.1:1");
});

Deno.test("bundleAddressSchema takes folders and https URLs, with an id or not, and nothing else", () => {
  const id = manifest.id;
  const parse = (text: string) => bundleAddressSchema.safeParse(text).data;
  assertEquals(parse("/srv/my bundle"), { kind: "folder", path: "/srv/my bundle" });
  const url = "https://b.example/first/";
  assertEquals(parse("https://b.example/first"), { kind: "url", url, id: undefined });
  assertEquals(parse(`https://b.example/first/#${id}`), { kind: "url", url, id });
  for (
    const text of [
      "",
      "http://b.example/first",
      "ftp://b.example/first",
      "https://user@b.example/first",
      "https://b.example/first?a=1",
      "https://b.example/first#latest",
      "https://",
    ]
  ) {
    assertEquals(parse(text), undefined, text);
  }
});
