import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { decodeImage } from "../../../shared/image/decode.ts";
import { viewsCommand } from "../../../trainer/commands/views.ts";
import { SettingsError } from "../../../trainer/moco/settings.ts";

const photos = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));

Deno.test("views draws pictures and their views when asked for a PNG, and names them when asked for HTML", async () => {
  const dir = await Deno.makeTempDir();
  const draw = (...args: string[]) =>
    viewsCommand.parseAsync(["--data", photos, "--pictures", "3", ...args], { from: "user" });
  await draw("--preset", "cifar10", "--out", `${dir}/views.png`);
  const { width, height } = await decodeImage(await Deno.readFile(`${dir}/views.png`), { maxPixels: 1e7 });
  assertEquals([width, height], [9 * 100 + 4, 3 * 100 + 4]);
  await draw("--out", `${dir}/views.html`);
  const html = await Deno.readTextFile(`${dir}/views.html`);
  assertEquals(html.match(/src="data:image\/png;base64,/g)?.length, 3);
  assert(html.includes("<figcaption>scenes_00.jpg</figcaption>"));
  await assertRejects(() => draw("--out", `${dir}/views.webp`), SettingsError, "must end in .png or .html");
  await assertRejects(
    () => draw("--views", "v3"),
    RangeError,
    "one of v1, v2, cifar10, copy, copy-mild, or a module's path",
  );
  await Deno.remove(dir, { recursive: true });
});
