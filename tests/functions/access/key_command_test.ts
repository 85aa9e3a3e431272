import { RIGHTS } from "../../../functions/embed/access/key.ts";
import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { answer, photo, refusal, upload, withApp } from "../test_app.ts";
import { access, sentWith, SHOP } from "./keys.ts";

/** Runs `deno task key`. */
async function makeKey(...words: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "key", ...words],
    cwd: fromFileUrl(new URL("../../../", import.meta.url)),
  }).output();
  const [, key = "", , setting = ""] = new TextDecoder().decode(stdout).split("\n");
  return { code, key, setting, message: new TextDecoder().decode(stderr).trim() };
}

Deno.test("deno task key makes keys that work with the settings that it prints", async () => {
  const [secret, page] = await Promise.all([
    makeKey("backend"),
    makeKey("shop", "--page", SHOP, "--page", "http://localhost:3000", "60/min"),
  ]);
  assertMatch(secret.key, /^sk_[\w-]{43}$/);
  assertEquals(secret.setting.includes(secret.key), false);
  assertNotEquals(secret.key.slice(3), page.key.slice(3));
  const settings = { API_KEYS: secret.setting, PUBLISHABLE_KEYS: page.setting };
  await withApp(async ({ request }) => {
    const send = async (headers: HeadersInit) =>
      await request("/v1/embeddings", { ...upload(await photo(0)), headers });
    await answer(await send(sentWith(secret.key)));
    await answer(await send(sentWith(page.key, SHOP)));
    assertEquals((await refusal(await send(sentWith(page.key)))).status, 403);
  }, { access: access(settings) });
});

Deno.test("deno task key says what it cannot make a key of", async () => {
  const [name, right, origin] = await Promise.all([
    makeKey("Backend"),
    makeKey("backend", "write"),
    makeKey("shop", "--page", "shop.example"),
  ]);
  assertEquals([name.code, right.code, origin.code], [2, 2, 2]);
  assertStringIncludes(name.message, "its first word is not a name");
  assertStringIncludes(
    right.message,
    `"write" is not ${RIGHTS.join(", ")}`,
  );
  assertStringIncludes(origin.message, '"shop.example" is not an origin');
});
