/// <reference lib="dom" />
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Browser, Page } from "puppeteer-core";
import { access, KEYS, SECRET } from "../access/keys.ts";
import { withServedApp } from "../serve_app.ts";
import { photo } from "../test_app.ts";
import { dropFiles, finalStatus, startBrowser, withPage, withTab } from "./browser.ts";

let browser: Browser;
let folder: string;
Deno.test.beforeAll(async () => {
  browser = await startBrowser();
  folder = await Deno.makeTempDir();
});
Deno.test.afterAll(async () => {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

function path(number: number): string {
  return fromFileUrl(new URL(`../../../fixtures/photos/scenes_0${number}.jpg`, import.meta.url));
}

async function write(name: string, bytes: Uint8Array): Promise<string> {
  await Deno.writeFile(`${folder}/${name}`, bytes);
  return `${folder}/${name}`;
}

/** Bytes after the end marker: another file, the same picture. */
async function copyOf(number: number): Promise<string> {
  return await write(`copy of ${number}.jpg`, new Uint8Array([...await photo(number), 0, 0, 0]));
}

/** What the page shows: the names in each section of the gallery. */
async function sections(page: Page): Promise<{ title: string; names: string[] }[]> {
  return await page.$$eval("#gallery section", (all) =>
    all.map((section) => ({
      title: section.querySelector("h3")!.textContent!,
      names: [...section.querySelectorAll(".name")].map((name) => name.textContent!),
    })));
}

/** Runs `use` on the endpoint's page. */
/** A page whose console may have errors, since something is refused there. */
async function inTab(
  use: (page: Page) => Promise<void>,
  options?: Parameters<typeof withServedApp>[1],
): Promise<void> {
  await withServedApp(async ({ url }) => {
    await withTab(browser, async (page) => {
      await page.goto(url);
      await use(page);
    });
  }, options);
}

async function onPage(
  use: (page: Page, url: string, requests: string[]) => Promise<void>,
  options?: Parameters<typeof withServedApp>[1],
): Promise<void> {
  await withServedApp(async ({ url, requests }) => {
    await withPage(browser, async (page) => {
      await page.goto(url);
      await use(page, url, requests);
    });
  }, options);
}

const inBrowser = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "the page groups copies among dropped pictures, and shows every similarity",
  inBrowser,
  async () => {
    await onPage(async (page) => {
      await dropFiles(page, [path(0), path(2), await copyOf(0), path(4)]);
      assertMatch(await finalStatus(page, 4), /^4 pictures · 1 group of copies · .* ms each \(median\)$/);
      const [group, others] = await sections(page);
      assertStringIncludes(group!.title, "A One picture, 2 times");
      assertEquals(group!.names, ["scenes_00.jpg", "copy of 0.jpg"]);
      assertEquals(others!.names, ["scenes_02.jpg", "scenes_04.jpg"]);

      const table = await page.$$eval(
        "#matrix tbody tr",
        (rows) =>
          rows.map((row) =>
            [...row.querySelectorAll("td")].map((cell) => `${cell.className} ${cell.textContent}`)
          ),
      );
      assertEquals(table[0], ["self 1.00", "copy 1.00", " 0.71", " 0.74"]);
      assertEquals(table[1]!.slice(0, 2), ["copy 1.00", "self 1.00"]);
      const nearest = await page.$$eval("ol.nearest li", (items) => items.map((item) => item.textContent));
      assertEquals(nearest, ["copy of 0.jpg1.000copy", "scenes_04.jpg0.740", "scenes_02.jpg0.711"]);
    });
  },
);

Deno.test(
  "the page takes pictures that are chosen or pasted, and finds them in the cache again",
  inBrowser,
  async () => {
    await onPage(async (page, _, requests) => {
      const chooser = await page.$("#files");
      await (chooser as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path(0));
      await finalStatus(page, 1);
      await page.click("#clear");
      await page.waitForSelector("#results", { hidden: true });
      await page.evaluate(async () => {
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([await (await fetch("/page/samples/sea.jpg")).blob()], "sea.jpg"));
        document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
      });
      await finalStatus(page, 1);
      assertEquals((await sections(page))[0]!.names, ["sea.jpg"]);
      requests.length = 0;
      await dropFiles(page, [path(0)]);
      await finalStatus(page, 2);
      assertEquals(requests.filter((request) => request.startsWith("POST")), []);
      assertStringIncludes(await page.$eval("#gallery", (gallery) => gallery.textContent!), "cached");
    });
  },
);

Deno.test(
  "the page says at each picture what is wrong with it, and embeds the others",
  inBrowser,
  async () => {
    await onPage(async (page) => {
      const broken = await write("broken.jpg", (await photo(1)).slice(0, 3000));
      const text = await write("text.jpg", new TextEncoder().encode("not a picture"));
      await dropFiles(page, [broken, path(0), text]);
      assertMatch(await finalStatus(page, 3), /^3 pictures · no copies · 2 not embedded/);
      const failures = await page.$$eval(".failed", (items) => items.map((item) => item.textContent!));
      assertEquals(failures.length, 2);
      assertMatch(failures[0]!, /^broken\.jpg.*Cannot .*\(damaged_image\)$/);
      assertMatch(failures[1]!, /^text\.jpg.*Cannot .*\(not_an_image\)$/);
    });
  },
);

Deno.test("the page can be used by keyboard alone", inBrowser, async () => {
  await onPage(async (page) => {
    const tabTo = async (selector: string) => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((selector) => document.activeElement!.matches(selector), selector)) return;
      }
      throw new Error(`Tab must reach ${selector}`);
    };
    await tabTo("#files");
    await tabTo("#samples");
    await page.keyboard.press("Enter");
    await finalStatus(page, 16);
    await tabTo(".card");
    await tabTo(".card");
    const name = await page.evaluate(() => document.activeElement!.querySelector(".name")!.textContent);
    await page.keyboard.press("Space");
    assertEquals(await page.$eval("#nearest h2", (title) => title.textContent), name);
    // Choosing it has not moved the focus.
    assertEquals(await page.evaluate(() => document.activeElement!.ariaPressed), "true");
    await tabTo("#make-copies");
    await page.keyboard.press("Enter");
    await finalStatus(page, 24);
    assertEquals(await page.evaluate(() => document.activeElement!.id), "make-copies");
    await tabTo("#remove");
    await page.keyboard.press("Enter");
    await finalStatus(page, 23);
  });
});

Deno.test(
  "every control and every heading of the page has a name for screen readers",
  inBrowser,
  async () => {
    await onPage(async (page) => {
      await dropFiles(page, [path(0), await copyOf(0)]);
      await finalStatus(page, 2);
      const nodes = [(await page.accessibility.snapshot({ interestingOnly: false }))!];
      // In the order of the page.
      const found: Record<string, string[]> = {};
      for (let node; (node = nodes.pop());) {
        (found[node.role] ??= []).push(node.name ?? "");
        nodes.push(...(node.children ?? []).toReversed());
      }
      for (const role of ["button", "link", "heading", "columnheader", "rowheader", "status", "main"]) {
        assert(found[role], `no ${role} among ${Object.keys(found)}`);
      }
      for (
        const role of [
          "button",
          "link",
          "heading",
          "columnheader",
          "rowheader",
          "textbox",
          "region",
          "progressbar",
        ]
      ) {
        assert(!found[role]?.includes(""), `a ${role} without a name`);
      }
      assertEquals(found.heading!.slice(0, 2), ["Lookalike", "Which of these pictures are copies?"]);
    });
  },
);

Deno.test("the page fits a phone, and answers to touch", inBrowser, async () => {
  await withServedApp(async ({ url }) => {
    await withPage(browser, async (page) => {
      await page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
      await page.goto(url);
      await page.tap("#samples");
      await finalStatus(page, 16);
      await page.tap(".card");
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assertEquals(widths, [360, 360]);
      const heights = await page.$$eval(
        "button:not([hidden]), .button",
        (all) => all.map((button) => button.getBoundingClientRect().height).filter((height) => height > 0),
      );
      assert(heights.every((height) => height >= 36), String(heights));
    });
  });
});

Deno.test(
  "the page lets no inline script, no inline style and nothing from elsewhere in",
  inBrowser,
  async () => {
    await inTab(async (page) => {
      const refused = await page.evaluate(async () => {
        const refused: string[] = [];
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          refused.push(effectiveDirective);
        });
        const attempts = [
          () =>
            document.body.append(Object.assign(document.createElement("script"), { text: "injected = 1" })),
          () => document.body.append(Object.assign(document.createElement("style"), { textContent: "a {}" })),
          () => document.body.setAttribute("style", "color: red"),
          () => document.body.setAttribute("onclick", "injected = 1"),
          () => document.body.append(Object.assign(new Image(), { src: "http://elsewhere.test/a.png" })),
          () => void fetch("http://elsewhere.test/").catch(() => {}),
        ];
        for (const attempt of attempts) {
          try {
            attempt();
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
          }
        }
        document.body.click();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return [...new Set(refused), "injected" in globalThis];
      });
      assertEquals(refused.at(-1), false);
      for (
        const directive of [
          "require-trusted-types-for",
          "style-src-elem",
          "style-src-attr",
          "img-src",
          "connect-src",
        ]
      ) {
        assert(refused.includes(directive), `${directive} is not among ${refused}`);
      }
      assertEquals(await page.browserContext().cookies(), []);
    });
  },
);

Deno.test(
  "the page asks for a key where one is needed, says if it is wrong, and forgets it with the tab",
  inBrowser,
  async () => {
    await inTab(async (page) => {
      const enter = async (key: string) => {
        await page.waitForSelector("#key-form:not([hidden])");
        assertEquals(await page.evaluate(() => document.activeElement!.id), "key");
        await page.keyboard.type(key);
        await page.keyboard.press("Enter");
      };
      await dropFiles(page, [path(0), path(2)]);
      await finalStatus(page, 2);
      await enter("sk_wrong");
      await page.waitForFunction(() =>
        document.getElementById("key-problem")!.textContent!.startsWith("Cannot ")
      );
      await enter(SECRET);
      await page.waitForFunction(() =>
        /no copies · [\d.]+ ms/.test(document.getElementById("status")!.textContent!)
      );
      assertEquals(await page.$eval("#key-form", (form) => (form as HTMLElement).hidden), true);
      assertEquals(await page.evaluate(() => [sessionStorage.length, localStorage.length]), [1, 0]);
      assertEquals(await page.browserContext().cookies(), []);
    }, { access: access(KEYS) });
  },
);
