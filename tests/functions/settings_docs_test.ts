import { assertEquals, assertMatch } from "@std/assert";
import { S3_ENVIRONMENT } from "../../shared/objects/location.ts";
import { describeSettings, SETTING_NAMES } from "../../functions/embed/settings.ts";

const read = async (path: string) => await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

/** Defaults that depend on the machine or the folder, which the documentation says in words. */
const IN_WORDS = ["STORE_URL", "WORKERS"];

Deno.test("docs/endpoint.md has every setting with its default, and no other", async () => {
  const text = await read("docs/endpoint.md");
  const settings = text.slice(text.indexOf("## Settings"));
  const documented = Object.fromEntries(
    [...settings.matchAll(/^\| `([A-Z_]+)` +\| (.*?) *\|/gm)].map(([, name, value]) => [name!, value!]),
  );
  const printed = Object.fromEntries(
    [...describeSettings().matchAll(/^ {2}([A-Z_]+) .*\n.*; default (.*)$/gm)]
      .map(([, name, value]) => [name!, value === "none" ? "" : value!]),
  );
  assertEquals(Object.keys(printed), SETTING_NAMES);
  for (const name of IN_WORDS) {
    assertMatch(documented[name] ?? "", /./, name);
    printed[name] = documented[name]!;
  }
  assertEquals(documented, printed);
});

Deno.test("deno task start and store may read every setting, and no variable but those that a bucket is reached with", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  const colours = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"]; // what commander looks at
  for (const [task, more] of [["start", []], ["store", colours]] as const) {
    const allowed: string = /--allow-env=(\S+)/.exec(tasks[task])![1]!;
    const expected = [...SETTING_NAMES, ...S3_ENVIRONMENT, ...more];
    assertEquals(allowed.split(",").toSorted(), expected.toSorted(), task);
  }
});
