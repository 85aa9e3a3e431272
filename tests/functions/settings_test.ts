import { assert, assertEquals, assertThrows } from "@std/assert";
import { isAbsolute } from "@std/path";
import {
  describeSettings,
  readSettings,
  SETTING_NAMES,
  SettingsError,
} from "../../functions/embed/settings.ts";

const read = (environment: Record<string, string>) => readSettings((name) => environment[name]);

Deno.test("readSettings() has a default for everything", () => {
  const settings = read({});
  assertEquals([settings.port, settings.host], [8000, "127.0.0.1"]);
  assert(isAbsolute(settings.bundle) && settings.bundle.endsWith("model"));
  assert(isAbsolute(settings.storePath!));
  assertEquals(read({ PORT: "" }).port, 8000);
});

Deno.test("readSettings() reads what is set", () => {
  const settings = read({
    PORT: "0",
    HOST: "::1",
    BUNDLE: "/srv/my bundle",
    STORE_URL: "sqlite:///var/lib/look%20alike.db",
    MAX_BYTES: "1000",
    MAX_PIXELS: "2000",
    MAX_BATCH: "4",
    MAX_SECONDS: "3",
  });
  assertEquals(settings, {
    port: 0,
    host: "::1",
    bundle: "/srv/my bundle",
    storePath: "/var/lib/look alike.db",
    maxBytes: 1000,
    maxPixels: 2000,
    maxBatch: 4,
    maxSeconds: 3,
  });
  assertEquals(read({ STORE_URL: "sqlite::memory:" }).storePath, undefined);
});

Deno.test("readSettings() has a sentence for every setting that is wrong", () => {
  const { message } = assertThrows(
    () => read({ PORT: "65536", STORE_URL: "postgres://db", MAX_BYTES: "1e6", HOST: "a b" }),
    SettingsError,
  );
  const lines: string[] = message.split("\n");
  assertEquals(lines.length, 4);
  assertEquals(
    lines[0],
    'Cannot start: PORT must be a whole number from 0 (any free port) to 65535: received "65536"',
  );
  assert(lines.every((line) => /^Cannot start: [A-Z_]+ must be .+: received ".+"$/.test(line)));
});

Deno.test("describeSettings() names every setting", () => {
  const text = describeSettings();
  for (const name of SETTING_NAMES) assert(text.includes(`  ${name} `), name);
});
