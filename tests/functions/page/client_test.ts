/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { access } from "../access/keys.ts";
import { withServedApp } from "../serve_app.ts";
import { startBrowser, withPage, withTab } from "./browser.ts";

const KEY = "pk_a-page-key-of-the-tests";

let browser: Browser;
Deno.test.beforeAll(async () => {
  browser = await startBrowser();
});
Deno.test.afterAll(async () => {
  await browser.close();
});

/** Serves an empty page, and nothing else, at another origin than the endpoint's. */
async function withOtherOrigin(use: (port: number) => Promise<void>): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response("<!DOCTYPE html><title>Shop</title><link rel=icon href=data:,>", {
        headers: { "Content-Type": "text/html" },
      }),
  );
  try {
    await use(server.addr.port);
  } finally {
    await server.shutdown();
  }
}

/** What a page gets that imports the client from the endpoint, and embeds one picture twice. */
async function embedTwice(page: Page, url: string): Promise<(boolean | string)[]> {
  return await page.evaluate(
    async (url, key) => {
      const { Lookalike } = await import(`${url}/client.js`);
      const picture = await (await fetch(`${url}/page/samples/sea.jpg`)).blob();
      const lookalike = new Lookalike({ url, key });
      try {
        const first = await lookalike.embed(picture);
        const second = await lookalike.embed(picture);
        return [first.uploaded, second.uploaded, first.image.sha256 === second.image.sha256];
      } catch (error) {
        return [(error as Error).name];
      }
    },
    url,
    KEY,
  );
}

const inBrowser = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "the client embeds from a page of its key's origin, and looks up afterwards",
  inBrowser,
  async () => {
    await withOtherOrigin(async (port) => {
      const origin = `http://localhost:${port}`;
      await withServedApp(async ({ url, requests }) => {
        await withPage(browser, async (page) => {
          await page.goto(origin);
          assertEquals(await embedTwice(page, url), [true, false, true]);
          assertEquals(requests.filter((request) => request.startsWith("POST")).length, 1);
        });
      }, { access: access({ PUBLISHABLE_KEYS: `shop ${KEY} ${origin}` }) });
    });
  },
);

Deno.test(
  "the client cannot reach the endpoint from a page of another origin than its key's",
  inBrowser,
  async () => {
    await withOtherOrigin(async (port) => {
      await withServedApp(async ({ url }) => {
        await withTab(browser, async (page) => {
          await page.goto(`http://localhost:${port}`);
          assertEquals(await embedTwice(page, url), ["UnreachableError"]);
        });
      }, { access: access({ PUBLISHABLE_KEYS: `shop ${KEY} https://shop.example` }) });
    });
  },
);

Deno.test(
  "the client uploads without asking the cache where a page has no SubtleCrypto",
  inBrowser,
  async () => {
    await withServedApp(async ({ url, requests }) => {
      await withPage(browser, async (page) => {
        const insecure = url.replace("127.0.0.1", "lookalike.test");
        await page.goto(insecure);
        assertEquals(await page.evaluate(() => isSecureContext), false);
        assertEquals(await embedTwice(page, insecure), [true, true, true]);
        assertEquals(requests.filter((request) => request.includes(".json")), []);
      });
    });
  },
);
