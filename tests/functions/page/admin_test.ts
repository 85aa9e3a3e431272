/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Browser, Page } from "puppeteer-core";
import { openJobs } from "../../../functions/embed/jobs/open_jobs.ts";
import { readSettings } from "../../../functions/embed/settings.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { storeAddressSchema } from "../../../shared/store_address.ts";
import { readMetrics } from "../../../trainer/following/metrics.ts";
import { openQueue } from "../../../trainer/retrain/open_queue.ts";
import { PHOTOS, startTask } from "../../trainer/commands/command_line.ts";
import { type Followed, withRegistry } from "../registry/followed_registry.ts";
import { withServedApp } from "../serve_app.ts";
import { startBrowser, withPage, withTab } from "./browser.ts";

let browser: Browser;
Deno.test.beforeAll(async () => void (browser = await startBrowser()));
Deno.test.afterAll(() => browser.close());

const KEY = "sk_o";
const hash = await sha256Hex(new TextEncoder().encode(KEY));
const { access } = readSettings((name) =>
  name === "API_KEYS" ? `operator sha256:${hash} bundles-read bundles-write jobs` : undefined
);
const inBrowser = { sanitizeOps: false, sanitizeResources: false };

/** Runs `use` on the operator's page of an endpoint that follows a registry and has a queue in SQLite. */
async function onAdmin(use: (page: Page, admin: Admin) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const store = `sqlite://${join(folder, "store.db")}`;
  const jobs = openJobs(storeAddressSchema.parse(store), () => {});
  await withRegistry(async (followed) => {
    await withServedApp(async ({ url }) => {
      await withPage(browser, async (page) => {
        page.on("dialog", (dialog) => dialog.accept());
        await page.evaluateOnNewDocument((key) => sessionStorage.setItem("lookalike-key", key), KEY);
        await page.goto(`${url}/admin`);
        await page.waitForSelector("#bundles .entry");
        await use(page, { url, folder, store, ...followed });
      });
    }, { ...followed.dependencies, access, jobs });
  });
  await jobs.close();
  await Deno.remove(folder, { recursive: true });
}

interface Admin extends Followed {
  url: string;
  /** Empty but for the store. */
  folder: string;
  store: string;
}

/** Files a job over HTTP. */
async function fileJob(url: string, spec: object): Promise<string> {
  const response = await fetch(`${url}/v1/jobs`, {
    method: "POST",
    headers: { "Authorization": `Bearer ${KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(spec),
  });
  assertEquals(response.status, 202);
  return (await response.json()).id;
}

/** Takes pictures of the page for those who want to look at it. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (!folder) return;
  for (const width of [320, 1280]) {
    const isPhone = width === 320;
    await page.setViewport({ width, height: 640, isMobile: isPhone, hasTouch: isPhone });
    await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
  }
}

const text = (page: Page, selector: string) => page.$eval(selector, (found) => found.textContent!);

Deno.test(
  "the operator's page shows bundles with their figures, and rolls back and promotes",
  inBrowser,
  async () => {
    await onAdmin(async (page, { registry, ids }) => {
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

      assertEquals(await text(page, "#rollback"), `Roll back to ${ids[0].slice(0, 12)}`);
      await page.click("#rollback");
      await page.waitForFunction(
        (id) => document.querySelector("#bundles .current h3")?.textContent === id,
        {},
        ids[0].slice(0, 12),
      );
      assertEquals((await registry.state()).bundles.map(({ id }) => id), [ids[0]]);
      assertEquals(await page.$eval("#rollback", (button) => (button as HTMLElement).hidden), true);
      assertMatch(
        await text(page, "#changes li"),
        new RegExp(`: rolled back to ${ids[0].slice(0, 12)}, before it ${ids[1].slice(0, 12)}$`),
      );
      await page.click("#bundles .rolled-back button");
      await page.waitForFunction(
        (id) => document.querySelector("#bundles .current h3")?.textContent === id,
        {},
        ids[1].slice(0, 12),
      );
    });
  },
);

/** Of a training that takes long enough to be looked at; each step's figures are in its curve. */
const OPTIONS = {
  ...{ width: 4, size: 32, dim: 16, stem: "cifar", batch: 8, "bn-splits": 2, queue: 16, "held-out": 16 },
  ...{ epochs: 1000, workers: 1, "checkpoint-minutes": 0 },
};

Deno.test(
  "the operator's page shows a worker's jobs with progress, curves and errors, and cancels them",
  inBrowser,
  async () => {
    await onAdmin(async (page, { url, folder, store }) => {
      await page.waitForFunction(() =>
        document.getElementById("no-jobs")!.textContent === "No job was filed yet."
      );
      const elsewhere = await fileJob(url, { kind: "train", data: ["/elsewhere"] });
      const id = await fileJob(url, { kind: "train", data: [PHOTOS], until: "export", options: OPTIONS });
      const worker = startTask(
        "worker",
        ...["--store", store, "--work", join(folder, "work"), "--sources", PHOTOS, "--name", "gpu-1"],
        ...["--lease-seconds", "3", "--poll-seconds", "1"],
      );
      const slow = { timeout: 120_000 };
      await page.waitForSelector("#jobs .running .chart", slow);
      assertMatch(
        await text(page, "#jobs .running"),
        new RegExp(
          `^train ${
            id.slice(0, 8)
          }runningCancelsince .* · gpu-1 · steps \\d+/\\d+ .*${PHOTOS} · until export`,
        ),
      );
      assert(await page.$eval("#jobs progress", (bar) => (bar as HTMLProgressElement).value) > 0);
      const [loss, accuracy] = await page.$$eval(
        "#jobs figcaption",
        (titles) => titles.map((title) => title.textContent!),
      );
      const metrics = await readMetrics(join(folder, "work", "runs", id));
      assert(metrics.some((figures) => `Loss${figures.loss.toFixed(3)}` === loss), loss);
      assert(
        metrics.some((figures) =>
          `Own key ranked first${(100 * figures.accuracy).toFixed(1)} %` === accuracy
        ),
        accuracy,
      );
      await shoot(page, "jobs"); // loads the page again
      await page.waitForSelector("#jobs .running .chart", slow);
      const seen = await text(page, "#jobs .steps span:last-child");
      await page.focus("#jobs .running button");
      await page.waitForFunction(
        (seen) => document.querySelector("#jobs .steps span:last-child")!.textContent !== seen,
        slow,
        seen,
      );
      assertEquals(
        await page.evaluate(() => document.activeElement!.ariaLabel),
        `Cancel train ${id.slice(0, 8)}`,
      );
      await page.keyboard.press("Enter");
      await page.waitForSelector("#jobs .cancelled", slow);
      assertEquals(await page.$("#jobs .running"), null);
      assertMatch(
        await text(page, "#jobs .failed"),
        new RegExp(
          `^train ${elsewhere.slice(0, 8)}failed.*/elsewhere.*Cannot .*--sources.*jobs retry ${elsewhere}$`,
        ),
      );
      worker.child.kill("SIGTERM");
      await worker.ended;
    });
  },
);

Deno.test(
  "the operator's page shows how many pictures a job embedded, and which it could not",
  inBrowser,
  async () => {
    await onAdmin(async (page, { url, store }) => {
      const id = await fileJob(url, { kind: "reembed", shard: { part: 2, of: 3 } });
      const queue = await openQueue(store);
      await queue.complete((await queue.claim("w"))!, {
        ...{ bundle: "c".repeat(64), pictures: 130, missed: 1 },
        named: [{ collection: "shop", id: "shoe-7", reason: "it was put without a URL" }],
      });
      await queue.close();
      await page.waitForSelector("#jobs .done");
      assertMatch(
        await text(page, "#jobs .done"),
        new RegExp(
          `^reembed ${id.slice(0, 8)}done.*part 2 of 3 · 130 pictures embedded by c{12} · ` +
            String.raw`1 cannot be: shop/shoe-7 \(it was put without a URL\)$`,
        ),
      );
    });
  },
);

Deno.test("the operator's page fits a phone, and names every control", inBrowser, async () => {
  await onAdmin(async (page, { url }) => {
    await fileJob(url, { kind: "train", data: [PHOTOS] });
    await page.setViewport({ width: 320, height: 640, isMobile: true, hasTouch: true });
    // Another kind of screen loads the page again.
    await (await page.waitForSelector("#bundles .current summary"))!.click();
    await page.waitForSelector("#jobs .entry");
    assertEquals(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [320, 320]);
    const nodes = [(await page.accessibility.snapshot({ interestingOnly: false }))!];
    for (const node of nodes) {
      nodes.push(...node.children ?? []);
      if (["button", "link", "heading", "progressbar", "img"].includes(node.role)) {
        assert(node.name, node.role);
      }
    }
    await shoot(page, "encoders");
  });
});

Deno.test(
  "the operator's page asks for a key, and says where there is no registry, or no answer",
  inBrowser,
  async () => {
    await withServedApp(async ({ url }) => {
      await withTab(browser, async (page) => {
        await page.goto(`${url}/admin`);
        await page.waitForSelector("#key-form:not([hidden])");
        await page.keyboard.type(KEY);
        await page.keyboard.press("Enter");
        await page.waitForFunction(() =>
          document.getElementById("no-bundles")!.textContent === "This endpoint has no registry."
        );
        await page.setOfflineMode(true);
        await page.waitForSelector("#trouble:not([hidden])");
        assertEquals(
          await text(page, "#trouble"),
          "Cannot ask the endpoint: it must be reachable: it is not",
        );
        await page.setOfflineMode(false);
        await page.waitForSelector("#trouble[hidden]");
      });
    }, { access });
  },
);
