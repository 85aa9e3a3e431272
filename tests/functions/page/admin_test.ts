/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Browser, Page } from "puppeteer-core";
import { readSettings } from "../../../functions/embed/settings.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { type Followed, withRegistry } from "../registry/followed_registry.ts";
import { withServedApp } from "../serve_app.ts";
import { startBrowser, withPage, withTab } from "./browser.ts";

let browser: Browser;
Deno.test.beforeAll(async () => void (browser = await startBrowser()));
Deno.test.afterAll(() => browser.close());

const KEY = "sk_o";
const hash = await sha256Hex(new TextEncoder().encode(KEY));
const { access } = readSettings((name) =>
  name === "API_KEYS" ? `operator sha256:${hash} bundles-read bundles-write` : undefined
);
const inBrowser = { sanitizeOps: false, sanitizeResources: false };

const TRAINING = {
  object: "job",
  id: "11111111-1111-4111-8111-111111111111",
  spec: { kind: "train" },
  state: "running",
  attempts: 2,
  worker: "gpu-1",
  progress: {
    share: 0.4,
    note: "steps 400/1000 | loss 4.213",
    curve: Array.from(
      { length: 20 },
      (_, i) => ({ step: 20 * (i + 1), loss: 4 + 2 / (i + 1), accuracy: 0.5, knn: 0.41 }),
    ),
  },
  error: null,
  filed: "2026-01-01T00:00:00.000Z",
};
const FAILED = {
  ...{ ...TRAINING, id: "22222222-2222-4222-8222-222222222222", spec: { kind: "publish" }, state: "failed" },
  ...{
    attempts: 1,
    progress: null,
    error: "Cannot make the bundle current: copies: micro average precision",
  },
};

/** Runs `use` on the operator's page of an endpoint that follows a registry; it is told of two jobs. */
async function onAdmin(use: (page: Page, url: string, followed: Followed) => Promise<void>): Promise<void> {
  await withRegistry(async (followed) => {
    await withServedApp(async ({ url }) => {
      await withPage(browser, async (page) => {
        page.on("dialog", (dialog) => dialog.accept());
        await page.evaluateOnNewDocument((key) => sessionStorage.setItem("lookalike-key", key), KEY);
        await page.goto(`${url}/admin`);
        await page.waitForSelector("#bundles .entry");
        await use(page, url, followed);
      });
    }, {
      ...followed.dependencies,
      access,
      between: ({ url }) =>
        new URL(url).pathname === "/v1/jobs"
          ? Response.json({ object: "list", data: [TRAINING, FAILED], next: null })
          : undefined,
    });
  });
}

const text = (page: Page, selector: string) => page.$eval(selector, (found) => found.textContent!);

Deno.test(
  "the operator's page shows bundles with their figures, and rolls back and promotes",
  inBrowser,
  async () => {
    await onAdmin(async (page, _, { registry, ids }) => {
      assertStringIncludes(await text(page, "#bundles .current"), ids[1].slice(0, 12));
      const refused = await text(page, "#bundles .refused");
      assertStringIncludes(
        refused,
        "Refused: copies: micro average precision must be at least 0.5: it is 0.4",
      );
      assertEquals(await page.$("#bundles .refused header button"), null);
      await page.click("#bundles .current summary");
      assertMatch(
        await text(page, "#bundles .current tbody"),
        /^copies: micro average precision0.90.52at least 0.5$/,
      );

      await page.click("#rollback");
      await page.waitForFunction(
        (id) => document.querySelector("#bundles .current h3")?.textContent === id,
        {},
        ids[0].slice(0, 12),
      );
      assertEquals((await registry.state()).bundles.map(({ id }) => id), [ids[0]]);
      assertEquals(await page.$eval("#rollback", (button) => (button as HTMLElement).hidden), true);
      await page.click("#bundles .rolled-back button");
      await page.waitForFunction(
        (id) => document.querySelector("#bundles .current h3")?.textContent === id,
        {},
        ids[1].slice(0, 12),
      );
    });
  },
);

Deno.test("the operator's page shows jobs with their progress, curve and error", inBrowser, async () => {
  await onAdmin(async (page) => {
    await page.waitForSelector("#jobs .entry");
    const running = await text(page, "#jobs .running");
    for (
      const words of [
        "train 11111111",
        "attempt 2",
        "gpu-1",
        "steps 400/1000",
        "loss 6.000 to 4.100 in 400 steps, kNN 41.0 %",
      ]
    ) {
      assertStringIncludes(running, words);
    }
    assertEquals(await page.$eval("#jobs progress", (bar) => (bar as HTMLProgressElement).value), 0.4);
    assertEquals(
      await page.$eval("#jobs polyline", (line) => line.getAttribute("points")!.split(" ").length),
      20,
    );
    assertStringIncludes(await text(page, "#jobs .failed .problem"), "Cannot make the bundle current");
  });
});

Deno.test("the operator's page fits a phone, and names every control", inBrowser, async () => {
  await onAdmin(async (page) => {
    await page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
    // Another kind of screen loads the page again.
    await (await page.waitForSelector("#bundles .current summary"))!.click();
    await page.waitForSelector("#jobs .entry");
    assertEquals(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [360, 360]);
    const nodes = [(await page.accessibility.snapshot({ interestingOnly: false }))!];
    for (const node of nodes) {
      nodes.push(...node.children ?? []);
      if (["button", "link", "heading", "progressbar", "img"].includes(node.role)) {
        assert(node.name, node.role);
      }
    }
    const folder = Deno.env.get("SCREENSHOTS");
    if (folder) await page.screenshot({ path: `${folder}/phone.png`, fullPage: true });
    if (folder) await page.setViewport({ width: 1280, height: 900 });
    if (folder) await page.screenshot({ path: `${folder}/wide.png`, fullPage: true });
  });
});

Deno.test("the operator's page asks for a key, and says where there is no registry", inBrowser, async () => {
  await withServedApp(async ({ url }) => {
    await withTab(browser, async (page) => {
      await page.goto(`${url}/admin`);
      await page.waitForSelector("#key-form:not([hidden])");
      await page.keyboard.type(KEY);
      await page.keyboard.press("Enter");
      await page.waitForFunction(() =>
        document.getElementById("no-bundles")!.textContent === "This endpoint has no registry."
      );
    });
  }, { access });
});
