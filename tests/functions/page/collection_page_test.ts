/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { access, KEYS, SECRET } from "../access/keys.ts";
import { withServedApp } from "../serve_app.ts";
import { photo } from "../test_app.ts";
import { startBrowser, withPage, withTab } from "./browser.ts";

let browser: Browser;
Deno.test.beforeAll(async () => {
  browser = await startBrowser();
});
Deno.test.afterAll(() => browser.close());

/** This machine may do everything. */
const LOCAL = { access: access({}) };

const inBrowser = { sanitizeOps: false, sanitizeResources: false };

const put = async (url: string, id: string, body: BodyInit, headers: HeadersInit = {}) => {
  const response = await fetch(`${url}/v1/collections/shop/images/${id}`, { method: "PUT", body, headers });
  assertEquals(response.status, 201, await response.text());
};

/** Two pictures of the same pixels, the second of more bytes, and another one. */
async function fill(url: string, headers?: HeadersInit): Promise<void> {
  await put(url, "first", await photo(0), headers);
  await put(url, "second", new Uint8Array([...await photo(0), 0]), headers);
  await put(url, "other", await photo(2), headers);
}

/** Runs `use` on the page's view of a collection of three pictures, which fits a screen of that width. */
async function onCollection(
  use: (page: Page, url: string) => Promise<void>,
  { width = 1280, path = "#collection" } = {},
): Promise<void> {
  await withServedApp(async ({ url }) => {
    await fill(url);
    await withPage(browser, async (page) => {
      await page.setViewport({ width, height: 800, isMobile: width < 600, hasTouch: width < 600 });
      await page.goto(`${url}/${path}`);
      await page.waitForSelector("#collection-figures dl");
      await use(page, url);
    });
  }, LOCAL);
}

const text = (page: Page, selector: string) =>
  page.$eval(selector, (found) => (found as HTMLElement).innerText.replace(/\s+/g, " "));

/** Each group as "canonical: copies". */
const groups = (page: Page) =>
  page.$$eval("#collection-list .copies", (all) =>
    all.map((group) => {
      const [canonical, ...copies] = [...group.querySelectorAll(".card")].map((card) =>
        `${card.querySelector(".name")!.textContent} ${
          card.querySelector(".badge")!.firstChild!.textContent!.trim()
        }`
      );
      return `${canonical}: ${copies.join(", ")}`;
    }));

const choose = async (page: Page, id: string) => {
  await page.click(`#collection-list [data-id="${id}"]`);
  await page.waitForFunction((id) => document.getElementById("panel-title")?.textContent === id, {}, id);
};

const status = (page: Page, said: string) =>
  page.waitForFunction(
    (said) => document.getElementById("collection-status")!.textContent === said,
    {},
    said,
  );

Deno.test(
  "the page shows a collection: its figures, its groups with what is canonical, and all pictures",
  inBrowser,
  async () => {
    await onCollection(async (page) => {
      assertEquals(await page.evaluate(() => location.hash), "#collection=shop");
      const figures = await text(page, "#collection-figures dl");
      assertMatch(figures, /^Pictures 3 Groups of copies 1 Bytes [\d.]+ kB Bytes saved [\d.]+ kB \(\d+ %\)$/);
      assertEquals(await groups(page), ["second canonical: first replaceable"]);
      await page.click("#show-pictures");
      const all = () =>
        page.$$eval("#collection-list .name", (names) => names.map((name) => name.textContent));
      assertEquals(await all(), ["first", "other", "second"]);
      // The pictures come from the endpoint, and are shown.
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>("#collection-list img")].every((image) =>
          image.complete && image.naturalWidth >= 64
        )
      );
    });
  },
);

Deno.test(
  "the page shows what a picture of a collection is a copy of, and what is nearest to it",
  inBrowser,
  async () => {
    await onCollection(async (page) => {
      await choose(page, "first");
      assertStringIncludes(
        await text(page, "#collection-panel"),
        "A copy (1.000) of second, which can be served in its place.",
      );
      const nearest = await page.$$eval(
        "#collection-panel .nearest li",
        (items) => items.map((item) => item.textContent!),
      );
      assertEquals(nearest.map((item) => item.replace(/\d.*/, "")), ["second", "other"]);
      assert(nearest[0]!.endsWith("1.000copy"));
      await page.click("#collection-panel .link");
      await page.waitForFunction(() => document.getElementById("panel-title")!.textContent === "second");
      assertStringIncludes(await text(page, "#collection-panel"), "Canonical: it is the one to serve.");
    });
  },
);

Deno.test("the page prefers a picture, and deletes one, by keyboard alone", inBrowser, async () => {
  await onCollection(async (page, url) => {
    const tabTo = async (selector: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((selector) => document.activeElement!.matches(selector), selector)) return;
      }
      throw new Error(`Tab must reach ${selector}`);
    };
    await tabTo('[data-id="first"]');
    await page.keyboard.press("Enter");
    await page.waitForSelector("#prefer");
    // Choosing it has not moved the focus.
    assertEquals(await page.evaluate(() => (document.activeElement as HTMLElement).dataset["id"]), "first");
    await tabTo("#prefer");
    await page.keyboard.press("Enter");
    await status(page, "first is preferred");
    assertEquals(await groups(page), ["first canonical: second replaceable"]);
    assertEquals(await page.evaluate(() => document.activeElement!.id), "prefer");
    assertEquals(await text(page, "#prefer"), "Prefer it no longer");
    await page.keyboard.press("Enter");
    await status(page, "first is preferred no longer");
    assertEquals(await groups(page), ["second canonical: first replaceable"]);

    await tabTo("#delete");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { hidden: true });
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    assertEquals(await text(page, "#confirm-question"), "Delete first from shop?");
    assertEquals(await page.evaluate(() => document.activeElement!.id), "confirm-no");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await status(page, "first is deleted");
    assertEquals((await fetch(`${url}/v1/collections/shop/images/first`)).status, 404);
    // What stands in for it is shown next.
    await page.waitForFunction(() => document.getElementById("panel-title")!.textContent === "second");
    assertMatch(await text(page, "#collection-figures dl"), /^Pictures 2 Groups of copies 0 /);
  });
});

Deno.test(
  "the page makes a collection of what is added, and says which pictures cannot be",
  inBrowser,
  async () => {
    await withServedApp(async ({ url }) => {
      await withTab(browser, async (page) => {
        await page.goto(`${url}/#collection=new`);
        await page.waitForSelector("#collection-new:not([hidden])");
        await page.evaluate(async () => {
          const picture = new File([await (await fetch("/page/samples/sea.jpg")).blob()], "a/sea.jpg");
          const clipboardData = new DataTransfer();
          for (const file of [picture, new File(["no picture"], "text.jpg")]) clipboardData.items.add(file);
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
        });
        await status(page, "1 of 2 pictures are in new");
        assertMatch(await text(page, "#collection-trouble"), /^text\.jpg: Cannot .* \(not_an_image\)$/);
        assertEquals(
          await page.$$eval("#collection-list .name", (names) => names[0]!.textContent),
          "a/sea.jpg",
        );
        // It is shown as it is, and not as what is kept of it.
        await page.waitForFunction(() =>
          document.querySelector<HTMLImageElement>("#collection-list img")!.naturalWidth > 128
        );
        // The other view has taken none.
        await page.click("#to-compare");
        assertEquals(await page.$eval("#results", (results) => (results as HTMLElement).hidden), true);
        await page.goBack();
        await page.waitForSelector("#collection-list .card", { visible: true });
      });
    }, LOCAL);
  },
);

Deno.test(
  "a collection fits a phone of 320 pixels, light and dark, and its chosen picture can be put away",
  inBrowser,
  async () => {
    await onCollection(async (page) => {
      const width = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assertEquals(await width(), [320, 320]);
      await page.tap('#collection-list [data-id="first"]');
      await page.waitForSelector("#close-panel", { visible: true });
      assertEquals(await width(), [320, 320]);
      const heights = await page.$$eval(
        "#collection-view button:not(.link), #collection-view .button",
        (all) => all.map((button) => button.getBoundingClientRect().height).filter((height) => height > 0),
      );
      assert(heights.every((height) => height >= 36), String(heights));
      await page.tap("#close-panel");
      await page.waitForFunction(() => document.getElementById("collection-panel")!.childElementCount === 0);
      const papers = [];
      for (const value of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      }
      assertEquals(papers, ["rgb(250, 249, 246)", "rgb(22, 21, 20)"]);
    }, { width: 320 });
  },
);

Deno.test(
  "the page asks for a key to read collections with, and fetches their pictures with it",
  inBrowser,
  async () => {
    await withServedApp(async ({ url }) => {
      await fill(url, { Authorization: `Bearer ${SECRET}` });
      await withTab(browser, async (page) => {
        await page.goto(`${url}/#collection`);
        await page.waitForSelector("#key-form:not([hidden])");
        await page.type("#key", SECRET);
        await page.keyboard.press("Enter");
        await page.waitForFunction(() =>
          document.querySelector<HTMLImageElement>("#collection-list img")?.naturalWidth === 64
        );
        assertEquals(await groups(page), ["second canonical: first replaceable"]);
      });
    }, { access: access({ API_KEYS: `${KEYS.API_KEYS.split(";")[0]} collections-read collections-write` }) });
  },
);
