import { z } from "zod";
import type { AccessSettings } from "./access/access.ts";
import { type AddressRange, addressRangesSchema } from "./access/client_address.ts";
import { type BundleAddress, bundleAddressSchema } from "./bundle/bundle_address.ts";
import { type Key, RIGHTS } from "./access/key.ts";
import { publishableKeysSchema, secretKeysSchema } from "./access/key_settings.ts";
import { type AllowedHost, allowListSchema } from "./fetch/allow_list.ts";
import { secretBytes } from "./webhook/sign.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";
import { type StoreAddress, storeAddressSchema } from "../../shared/store_address.ts";

/** A setting as text, from the environment. */
export interface Setting<T> {
  default: string;
  /** What is required, after "must be". */
  required: string;
  purpose: string;
  /** From text to value; undefined if the text is not what is required. */
  schema: z.ZodType<T, string>;
  /** Whether its text is shown to nobody; the schema's own messages then say what is wrong with it. */
  secret?: true;
}

function integer(min: number, max: number): z.ZodType<number, string> {
  return z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max));
}

const yesOrNo = z.enum(["true", "false"]).transform((text) => text === "true");

const anonymous = z.string().regex(/^(true|false|[1-9]\d{0,6}\/min)$/).transform((text) => ({
  allowed: text !== "false",
  ...text.endsWith("/min") ? { perMinute: parseInt(text) } : {},
}));

const collectionNames = z.string().transform((text) =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "")
).pipe(z.array(z.string().regex(/^(\*|[A-Za-z0-9][\w.-]{0,63})$/)));

const webhookUrl = z.string().transform((text, context) => {
  if (text === "") return undefined;
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return url.href;
  context.addIssue({ code: "custom", message: "no such URL" });
  return z.NEVER;
});

const webhookSecret = z.string().transform((text, context) => {
  if (text === "") return undefined;
  const bytes = secretBytes(text);
  if (bytes) return bytes;
  context.addIssue({ code: "custom", message: "another text" });
  return z.NEVER;
});

/** Every setting there is: the one table that the start, `--help` and the permissions are made from. */
export const SETTINGS = {
  PORT: {
    default: "8000",
    required: "a whole number from 0 (any free port) to 65535",
    purpose: "Port to listen on",
    schema: integer(0, 65535),
  } satisfies Setting<number>,
  HOST: {
    default: "127.0.0.1",
    required: "an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them",
    purpose: "Address to listen on",
    schema: z.string().regex(/^[\w.:-]+$/),
  } satisfies Setting<string>,
  BUNDLE: {
    default: "functions/embed/model",
    required: "a folder, relative to the repository or absolute, or https://host/path, #id after it or not",
    purpose: "Folder with manifest.json and encoder.onnx, here or on the web",
    schema: bundleAddressSchema,
  } satisfies Setting<BundleAddress>,
  REGISTRY: {
    default: "",
    required:
      "a folder, relative to the repository or absolute, s3://bucket/prefix, or https://server/bucket/prefix",
    purpose: "Registry whose current bundle is served instead of BUNDLE; none if empty",
    schema: z.string(),
  } satisfies Setting<string>,
  REGISTRY_SECONDS: {
    default: "10",
    required: "a whole number of seconds from 1 to 86400",
    purpose: "How often the registry is asked which bundle is current",
    schema: integer(1, 86400),
  } satisfies Setting<number>,
  MAX_BUNDLE_BYTES: {
    default: "268435456",
    required: "a whole number of bytes from 1 to 2147483648",
    purpose: "Largest encoder that is fetched",
    schema: integer(1, 2 ** 31),
  } satisfies Setting<number>,
  BUNDLE_SECONDS: {
    default: "60",
    required: "a whole number of seconds from 1 to 3600",
    purpose: "Longest time to fetch the bundle",
    schema: integer(1, 3600),
  } satisfies Setting<number>,
  STORE_URL: {
    default: `sqlite://${new URL("../../.store/embeddings.db", import.meta.url).pathname}`,
    required: "sqlite::memory:, sqlite:///absolute/path.db or postgres://user:password@host/database",
    purpose: "Where embeddings and collections are kept; .store/ in the repository unless told otherwise",
    schema: storeAddressSchema,
    secret: true,
  } satisfies Setting<StoreAddress>,
  MAX_BYTES: {
    default: "20971520",
    required: "a whole number of bytes from 1 to 1073741824",
    purpose: "Largest request body",
    schema: integer(1, 2 ** 30),
  } satisfies Setting<number>,
  MAX_PIXELS: {
    default: "50000000",
    required: "a whole number of pixels from 1024 to 1000000000",
    purpose: "Largest picture, as width x height in its header",
    schema: integer(1024, 1e9),
  } satisfies Setting<number>,
  MAX_BATCH: {
    default: "32",
    required: "a whole number of pictures from 1 to 1000",
    purpose: "Most pictures in one request",
    schema: integer(1, 1000),
  } satisfies Setting<number>,
  ALLOW_URLS: {
    default: "",
    required: "host names with commas between, such as photos.example.com,*.cdn.example.com",
    purpose: "Hosts that pictures are fetched from by https URL; none if empty",
    schema: allowListSchema,
  } satisfies Setting<AllowedHost[]>,
  URL_SECONDS: {
    default: "10",
    required: "a whole number of seconds from 1 to 3600",
    purpose: "Longest time to fetch one picture by its URL",
    schema: integer(1, 3600),
  } satisfies Setting<number>,
  URL_REDIRECTS: {
    default: "3",
    required: "a whole number from 0 to 20",
    purpose: "Most redirects that are followed to one picture",
    schema: integer(0, 20),
  } satisfies Setting<number>,
  MAX_SECONDS: {
    default: "30",
    required: "a whole number of seconds from 1 to 3600",
    purpose: "Longest time for one upload and its embedding",
    schema: integer(1, 3600),
  } satisfies Setting<number>,
  MAX_BULK: {
    default: "500",
    required: "a whole number of pictures from 1 to 100000",
    purpose: "Most pictures in one list for a collection",
    schema: integer(1, 100_000),
  } satisfies Setting<number>,
  BULK_SECONDS: {
    default: "60",
    required: "a whole number of seconds from 1 to 86400",
    purpose: "Longest time for one list; what is left then has an error",
    schema: integer(1, 86_400),
  } satisfies Setting<number>,
  BULK_CONCURRENCY: {
    default: "4",
    required: "a whole number of pictures from 1 to 64",
    purpose: "Pictures of one list that are fetched and embedded at a time",
    schema: integer(1, 64),
  } satisfies Setting<number>,
  WEBHOOK_URL: {
    default: "",
    required: "an http or https URL without user name or password",
    purpose: "What is told when groups of a collection change; nothing if empty",
    schema: webhookUrl,
  } satisfies Setting<string | undefined>,
  WEBHOOK_SECRET: {
    default: "",
    required: "whsec_ and base64 of 24 to 64 bytes, such as whsec_$(openssl rand -base64 32)",
    purpose: "Secret that messages to WEBHOOK_URL are signed with",
    schema: webhookSecret,
    secret: true,
  } satisfies Setting<Uint8Array<ArrayBuffer> | undefined>,
  MAX_WEBHOOKS: {
    default: "1000",
    required: "a whole number of messages from 1 to 100000",
    purpose: "Most messages that wait for WEBHOOK_URL; more are lost, and logged",
    schema: integer(1, 100_000),
  } satisfies Setting<number>,
  API_KEYS: {
    default: "",
    required: "NAME sha256:HASH [RIGHT ...] for each key, separated by ;",
    purpose: `Secret keys, as \`deno task key NAME\` prints them; rights: ${RIGHTS.join(", ")}`,
    schema: secretKeysSchema,
    secret: true,
  } satisfies Setting<Key[]>,
  PUBLISHABLE_KEYS: {
    default: "",
    required: "NAME pk_KEY ORIGIN [ORIGIN ...] [N/min] for each key, separated by ;",
    purpose: "Keys for pages of these origins, as `deno task key NAME --page ORIGIN` prints them",
    schema: publishableKeysSchema,
    secret: true,
  } satisfies Setting<Key[]>,
  ALLOW_ANONYMOUS: {
    default: "false",
    required: "true, false, or requests per minute of one client address, such as 60/min",
    purpose: "Whether callers without a key may embed and look up",
    schema: anonymous,
  } satisfies Setting<AccessSettings["anonymous"]>,
  PUBLIC_LOOKUP: {
    default: "false",
    required: "true or false",
    purpose: "Whether cached embeddings are for everybody, so that a CDN may keep them",
    schema: yesOrNo,
  } satisfies Setting<boolean>,
  PUBLIC_COLLECTIONS: {
    default: "",
    required: "names of collections with commas between, such as shop,blog, or * for all of them",
    purpose: "Collections that everybody may read, so that a CDN may keep what they answer; none if empty",
    schema: collectionNames,
  } satisfies Setting<string[]>,
  TRUSTED_PROXIES: {
    default: "",
    required: "addresses or ranges, such as 10.0.0.0/8, separated by commas",
    purpose: "Proxies whose X-Forwarded-For names the client",
    schema: addressRangesSchema,
  } satisfies Setting<AddressRange[]>,
  WORKERS: {
    default: String(Math.min(navigator.hardwareConcurrency, 4)),
    required: "a whole number of threads from 1 to 64",
    purpose: "Threads that decode and embed pictures; unless told otherwise one per core, and at most 4",
    schema: integer(1, 64),
  } satisfies Setting<number>,
  MAX_QUEUE: {
    default: "64",
    required: "a whole number of pictures from 0 to 10000",
    purpose: "Most pictures that may wait for a thread; more are answered 503",
    schema: integer(0, 10000),
  } satisfies Setting<number>,
  MAX_UPLOAD_BYTES: {
    default: "134217728",
    required: "a whole number of bytes from 1 to 1099511627776",
    purpose: "Most bytes of all uploads under way; more are answered 503",
    schema: integer(1, 2 ** 40),
  } satisfies Setting<number>,
  READY_ANSWERS: {
    default: "2000",
    required: "a whole number of answers from 1 to 10000000",
    purpose: "Most answers of cached embeddings that are kept in memory as they are sent, some 6 kB each",
    schema: integer(1, 10_000_000),
  } satisfies Setting<number>,
  LOG_LEVEL: {
    default: "info",
    required: LOG_LEVELS.join(", "),
    purpose:
      "What is logged: of requests the failures only (warn), all (info), or those of probes too (debug)",
    schema: z.enum(LOG_LEVELS),
  } satisfies Setting<LogLevel>,
};
