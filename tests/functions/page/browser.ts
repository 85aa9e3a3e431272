/// <reference lib="dom" />
import { existsSync } from "node:fs";
import { join } from "@std/path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

function findBrowser(): string {
  const paths = (Deno.env.get("PATH") ?? "").split(":").map((folder) => join(folder, "chromium"));
  const found = paths.find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    "Cannot test in a browser: Chromium must be installed, as by apt-get install chromium: found none in PATH",
  );
}

/** Starts Chromium, in which every name below .test is this machine: an origin that is not localhost. */
export async function startBrowser(): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: findBrowser(),
    args: [
      "--host-resolver-rules=MAP *.test 127.0.0.1",
      // Its sandbox refuses to run as root.
      ...Deno.uid() === 0 ? ["--no-sandbox"] : [],
    ],
  });
}

/** Runs `use` with a new tab that shares nothing with others, and closes it. */
export async function withTab(browser: Browser, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.createBrowserContext();
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** The same, and fails if the page's console has an error. */
export async function withPage(browser: Browser, use: (page: Page) => Promise<void>): Promise<void> {
  await withTab(browser, async (page) => {
    const errors: string[] = [];
    listenForErrors(page, errors);
    await use(page);
    if (errors.length > 0) throw new Error(`The console has errors:\n${errors.join("\n")}`);
  });
}

function listenForErrors(page: Page, errors: string[]): void {
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url = "" } = message.location();
    // Chromium's own line for every answer that is not a success: the page asks the cache for what it may not have, and
    // shows refusals at the picture.
    if (message.text().startsWith("Failed to load resource") && url.includes("/v1/embeddings")) return;
    errors.push(`${message.text()} ${url}`);
  });
}

/** Drops files on the page as a hand would. */
export async function dropFiles(page: Page, files: string[]): Promise<void> {
  const session = await page.createCDPSession();
  const drag = { x: 200, y: 200, data: { items: [], files, dragOperationsMask: 1 } };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, ...drag });
  }
  await session.detach();
}

/** The text of the page's status line once nothing is under way. */
export async function finalStatus(page: Page, pictures: number): Promise<string> {
  const handle = await page.waitForFunction(
    (count) => {
      const text = document.getElementById("status")!.textContent!;
      return text.startsWith(`${count} picture`) && text.includes("·") && text;
    },
    {},
    pictures,
  );
  return await handle.jsonValue() as string;
}
