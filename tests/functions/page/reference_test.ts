import { assert, assertEquals } from "@std/assert";
import { openApiDocument } from "../../../functions/embed/openapi/document.ts";
import { withServedApp } from "../serve_app.ts";
import { startBrowser, withPage } from "./browser.ts";

Deno.test("/docs shows every operation in a browser, under its policy, and asks nobody else", async () => {
  const browser = await startBrowser();
  try {
    await withServedApp(async ({ url }) => {
      await withPage(browser, async (page) => {
        const asked: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        await page.goto(new URL("/docs", url).href);
        await page.waitForSelector(".opblock");
        const shown = await page.$$eval(".opblock", (blocks) => blocks.length);
        const operations = Object.values(openApiDocument.paths!).flatMap((path) => Object.keys(path));
        assertEquals(shown, operations.length);
        const { origin } = new URL(url);
        assert(asked.every((each) => each.startsWith(origin) || each.startsWith("data:")), asked.join("\n"));
      });
    });
  } finally {
    await browser.close();
  }
});
