import { fromFileUrl, resolve } from "@std/path";
import { z } from "zod";
import { type AccessSettings, isLocalOnly } from "./access/access.ts";
import { type AddressRange, addressRangesSchema, isLoopback } from "./access/client_address.ts";
import type { Key } from "./access/key.ts";
import { publishableKeysSchema, secretKeysSchema } from "./access/key_settings.ts";
import { type AllowedHost, allowListSchema } from "./fetch/allow_list.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

/** The repository's root, whatever the working folder: relative paths and defaults start there. */
const ROOT = fromFileUrl(new URL("../../", import.meta.url));

export interface Settings {
  port: number;
  host: string;
  /** Absolute path of the bundle's folder. */
  bundle: string;
  /** Absolute path of the SQLite file, or undefined for a cache in memory. */
  storePath: string | undefined;
  /** Largest request body in bytes. */
  maxBytes: number;
  /** Most pixels (width x height) that a picture's header may announce. */
  maxPixels: number;
  /** Most pictures in one request. */
  maxBatch: number;
  /** Hosts that pictures are fetched from by their URLs; none is the default. */
  allowUrls: AllowedHost[];
  /** Longest time that fetching one picture may take. */
  urlSeconds: number;
  /** Most redirects that are followed for one picture. */
  urlRedirects: number;
  /** Longest time that an upload and its embedding may take together. */
  maxSeconds: number;
  access: AccessSettings;
  /** Threads that decode and embed pictures. */
  workers: number;
  /** Most pictures that may wait for one of them. */
  maxQueue: number;
  /** Most bytes that the uploads under way may hold together. */
  maxUploadBytes: number;
  /** What is less than this is not logged. */
  logLevel: LogLevel;
}

/** One or more settings are wrong; the message has a sentence for each. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

interface Setting<T> {
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

const storePath = z.string().regex(/^sqlite::memory:$|^sqlite:\/\/\/./)
  .transform((url) => url === "sqlite::memory:" ? undefined : fromFileUrl(url.replace("sqlite:", "file:")));

/** Every setting there is: the one table that the start, `--help` and the permissions are made from. */
const table = {
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
    required: "a folder, relative to the repository or absolute",
    purpose: "Folder with manifest.json and encoder.onnx",
    schema: z.string().min(1).transform((path) => resolve(ROOT, path)),
  } satisfies Setting<string>,
  STORE_URL: {
    default: `sqlite://${new URL("../../.store/embeddings.db", import.meta.url).pathname}`,
    required: "sqlite::memory: or sqlite:///absolute/path.db",
    purpose: "Where embeddings are cached; .store/ in the repository unless told otherwise",
    schema: storePath,
  } satisfies Setting<string | undefined>,
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
  API_KEYS: {
    default: "",
    required: "NAME sha256:HASH [RIGHT ...] for each key, separated by ;",
    purpose: "Secret keys, as `deno task key NAME` prints them; rights: embed, lookup, metrics",
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
  LOG_LEVEL: {
    default: "info",
    required: LOG_LEVELS.join(", "),
    purpose:
      "What is logged: of requests the failures only (warn), all (info), or those of probes too (debug)",
    schema: z.enum(LOG_LEVELS),
  } satisfies Setting<LogLevel>,
};

type Name = keyof typeof table;

/** Names of all settings, which are those of the environment variables that the function reads. */
export const SETTING_NAMES = Object.keys(table) as Name[];

/**
 * Reads and validates all settings.
 *
 * @param get a setting's text; an absent or empty one gets its default
 * @throws {SettingsError} naming every setting that is wrong, what it must be, and what it is
 */
export function readSettings(get: (name: string) => string | undefined): Settings {
  const problems: string[] = [];
  const read = <T>(name: Name, { schema, required, secret, default: fallback }: Setting<T>): T => {
    const text = get(name) || fallback;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const received = secret
      ? result.error.issues.map(({ message }) => message).join("; ")
      : JSON.stringify(text);
    problems.push(`Cannot start: ${name} must be ${required}: received ${received}`);
    return undefined as never;
  };
  const settings: Settings = {
    port: read("PORT", table.PORT),
    host: read("HOST", table.HOST),
    bundle: read("BUNDLE", table.BUNDLE),
    storePath: read("STORE_URL", table.STORE_URL),
    maxBytes: read("MAX_BYTES", table.MAX_BYTES),
    maxPixels: read("MAX_PIXELS", table.MAX_PIXELS),
    maxBatch: read("MAX_BATCH", table.MAX_BATCH),
    allowUrls: read("ALLOW_URLS", table.ALLOW_URLS),
    urlSeconds: read("URL_SECONDS", table.URL_SECONDS),
    urlRedirects: read("URL_REDIRECTS", table.URL_REDIRECTS),
    maxSeconds: read("MAX_SECONDS", table.MAX_SECONDS),
    access: {
      keys: [
        ...read("API_KEYS", table.API_KEYS) ?? [],
        ...read("PUBLISHABLE_KEYS", table.PUBLISHABLE_KEYS) ?? [],
      ],
      anonymous: read("ALLOW_ANONYMOUS", table.ALLOW_ANONYMOUS),
      publicLookup: read("PUBLIC_LOOKUP", table.PUBLIC_LOOKUP),
      trustedProxies: read("TRUSTED_PROXIES", table.TRUSTED_PROXIES),
    },
    workers: read("WORKERS", table.WORKERS),
    maxQueue: read("MAX_QUEUE", table.MAX_QUEUE),
    maxUploadBytes: read("MAX_UPLOAD_BYTES", table.MAX_UPLOAD_BYTES),
    logLevel: read("LOG_LEVEL", table.LOG_LEVEL),
  };
  if (problems.length === 0) problems.push(...findContradictions(settings));
  if (problems.length > 0) throw new SettingsError(problems.join("\n"));
  return settings;
}

/** What is wrong with settings that are right one by one. */
function findContradictions({ host, access }: Settings): string[] {
  const problems: string[] = [];
  const names = access.keys.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    problems.push(
      `Cannot start: API_KEYS and PUBLISHABLE_KEYS must give every key a name of its own: received ${twice} twice`,
    );
  }
  if (isLocalOnly(access) && !isLoopback(host)) {
    problems.push(
      `Cannot start: HOST must be an address that only this machine can reach, such as 127.0.0.1, as long as there are no API_KEYS, no PUBLISHABLE_KEYS and ALLOW_ANONYMOUS is false: received "${host}"`,
    );
  }
  return problems;
}

/** The table of settings as text, for `--help`. */
export function describeSettings(): string {
  const width = Math.max(...SETTING_NAMES.map((name) => name.length));
  return SETTING_NAMES.map((name) => {
    const { purpose, required, default: fallback } = table[name];
    return `  ${name.padEnd(width)} ${purpose}\n${" ".repeat(width + 3)}${required}; default ${
      fallback || "none"
    }`;
  }).join("\n");
}
