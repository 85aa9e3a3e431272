import { RIGHTS } from "../../functions/embed/access/key.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { isAbsolute } from "@std/path";
import {
  describeSettings,
  readSettings,
  SETTING_NAMES,
  SettingsError,
} from "../../functions/embed/settings.ts";

const PAGE_KEY = "shop pk_IoQIMSS_OehGLDN1fn2sQ9 https://shop.example";

const read = (environment: Record<string, string>) => readSettings((name) => environment[name]);

Deno.test("readSettings() has a default for everything", () => {
  const settings = read({});
  assertEquals([settings.port, settings.host], [8000, "127.0.0.1"]);
  const { bundle } = settings;
  assert(bundle.kind === "folder" && isAbsolute(bundle.path) && bundle.path.endsWith("model"));
  assert(settings.store.kind === "sqlite" && isAbsolute(settings.store.path!));
  assertEquals(read({ PORT: "" }).port, 8000);
});

Deno.test("readSettings() reads what is set", () => {
  const settings = read({
    PORT: "0",
    HOST: "::1",
    BUNDLE: "/srv/my bundle",
    REGISTRY: "s3://photos/lookalike",
    REGISTRY_SECONDS: "8",
    MAX_BUNDLE_BYTES: "4000",
    BUNDLE_SECONDS: "9",
    STORE_URL: "sqlite:///var/lib/look%20alike.db",
    MAX_BYTES: "1000",
    MAX_PIXELS: "2000",
    MAX_BATCH: "4",
    ALLOW_URLS: "photos.example.com",
    URL_SECONDS: "2",
    URL_REDIRECTS: "0",
    MAX_SECONDS: "3",
    MAX_BULK: "6",
    BULK_SECONDS: "7",
    BULK_CONCURRENCY: "8",
    WEBHOOK_URL: "https://hooks.example/lookalike",
    WEBHOOK_SECRET: `whsec_${btoa("s".repeat(24))}`,
    MAX_WEBHOOKS: "9",
    ALLOW_ANONYMOUS: "60/min",
    PUBLIC_LOOKUP: "true",
    PUBLIC_COLLECTIONS: "shop, a.b-c_d",
    WORKERS: "5",
    MAX_QUEUE: "0",
    MAX_UPLOAD_BYTES: "5000",
    READY_ANSWERS: "11",
  });
  assertEquals(settings, {
    port: 0,
    host: "::1",
    bundle: { kind: "folder", path: "/srv/my bundle" },
    registry: {
      kind: "s3",
      bucket: "https://s3.us-east-1.amazonaws.com/photos",
      prefix: "lookalike/",
      region: "us-east-1",
    },
    registrySeconds: 8,
    maxBundleBytes: 4000,
    bundleSeconds: 9,
    store: { kind: "sqlite", path: "/var/lib/look alike.db" },
    maxBytes: 1000,
    maxPixels: 2000,
    maxBatch: 4,
    allowUrls: [{ hostname: "photos.example.com", port: 443 }],
    urlSeconds: 2,
    urlRedirects: 0,
    maxSeconds: 3,
    maxBulk: 6,
    bulkSeconds: 7,
    bulkConcurrency: 8,
    webhook: {
      url: "https://hooks.example/lookalike",
      secret: new TextEncoder().encode("s".repeat(24)),
      maxMessages: 9,
    },
    access: {
      keys: [],
      anonymous: { allowed: true, perMinute: 60 },
      publicLookup: true,
      publicCollections: ["shop", "a.b-c_d"],
      trustedProxies: [],
    },
    workers: 5,
    maxQueue: 0,
    maxUploadBytes: 5000,
    readyAnswers: 11,
    logLevel: "info",
  });
  assertEquals(read({ STORE_URL: "sqlite::memory:" }).store, { kind: "sqlite", path: undefined });
});

Deno.test("readSettings() has a sentence for every setting that is wrong", () => {
  const { message } = assertThrows(
    () => read({ PORT: "65536", STORE_URL: "mysql://db", MAX_BYTES: "1e6", HOST: "a b" }),
    SettingsError,
  );
  const lines: string[] = message.split("\n");
  assertEquals(lines.length, 4);
  assertEquals(
    lines[0],
    'Cannot start: PORT must be a whole number from 0 (any free port) to 65535: received "65536"',
  );
  assert(lines.every((line) => /^Cannot start: [A-Z_]+ must be .+: received .+$/.test(line)));
});

Deno.test("describeSettings() names every setting", () => {
  const text = describeSettings();
  for (const name of SETTING_NAMES) assert(text.includes(`  ${name} `), name);
});

Deno.test("readSettings() refuses a public address for which nobody has said who may call", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.2"]) {
    assertThrows(
      () => read({ HOST }),
      SettingsError,
      "Cannot start: HOST must be an address that only this machine",
    );
    assertEquals(read({ HOST, ALLOW_ANONYMOUS: "true" }).host, HOST);
    assertEquals(read({ HOST, PUBLISHABLE_KEYS: PAGE_KEY }).host, HOST);
  }
  assertEquals(read({ HOST: "localhost" }).access.keys, []);
});

Deno.test("readSettings() says what is wrong with a key, and shows nothing of it", () => {
  const secret = "sk_hB3ZPGYlvGme4nJxza5MPH";
  const problems: [Record<string, string>, string][] = [
    [{ API_KEYS: `backend ${secret}` }, "key 1 (backend): its second word is not sha256: and 64 hex digits"],
    [{ API_KEYS: secret }, "key 1: its first word is not a name"],
    [
      { API_KEYS: `; a sha256:${"0".repeat(64)} write` },
      `key 1 (a): "write" is not ${RIGHTS.join(", ")}`,
    ],
    [
      { PUBLISHABLE_KEYS: `${PAGE_KEY}; b ${secret} https://b.example` },
      "key 2 (b): its second word is not pk_",
    ],
    [{ PUBLISHABLE_KEYS: `${PAGE_KEY}/` }, '"https://shop.example/" is not an origin'],
    [{ PUBLISHABLE_KEYS: "a pk_IoQIMSS_OehGLDN1fn2sQ9 60/min" }, "key 1 (a): it has no origin"],
    [{ PUBLISHABLE_KEYS: `${PAGE_KEY}; ${PAGE_KEY}` }, "received shop twice"],
  ];
  for (const [settings, sentence] of problems) {
    const { message } = assertThrows(() => read(settings), SettingsError, sentence);
    assert(!message.includes(secret) && !message.includes("pk_Io"), message);
    assertEquals(message.split("\n").length, 1);
  }
});
