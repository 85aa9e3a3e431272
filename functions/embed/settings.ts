import { fromFileUrl, resolve } from "@std/path";
import { isLoopback } from "../../shared/loopback.ts";
import type { StoreAddress } from "../../shared/store_address.ts";
import { type AccessSettings, isLocalOnly } from "./access/access.ts";
import type { BundleAddress } from "./bundle/bundle_address.ts";
import { type ObjectLocation, parseLocation } from "../../shared/objects/location.ts";
import type { AllowedHost } from "./fetch/allow_list.ts";
import type { WebhookSettings } from "./webhook/webhook.ts";
import type { LogLevel } from "./log.ts";
import { type Setting, SETTINGS } from "./settings_table.ts";

/** The repository's root, where relative paths start. */
const ROOT = fromFileUrl(new URL("../../", import.meta.url));

export interface Settings {
  port: number;
  host: string;
  bundle: BundleAddress;
  /** Where bundles are taken over from as they become current; undefined where `bundle` is served for good. */
  registry: ObjectLocation | undefined;
  /** How often the registry is looked at. */
  registrySeconds: number;
  /** Most bytes of an encoder that is fetched. */
  maxBundleBytes: number;
  /** Longest time that fetching the bundle may take. */
  bundleSeconds: number;
  /** Where embeddings and collections are kept. */
  store: StoreAddress;
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
  /** Most pictures in one list for a collection. */
  maxBulk: number;
  /** Longest time that the pictures of a list may take together. */
  bulkSeconds: number;
  /** Pictures of a list that are fetched and embedded at a time. */
  bulkConcurrency: number;
  /** Who is told of groups that change; undefined for nobody. */
  webhook: WebhookSettings | undefined;
  access: AccessSettings;
  /** Threads that decode and embed pictures. */
  workers: number;
  /** Most pictures that may wait for one of them. */
  maxQueue: number;
  /** Most bytes that the uploads under way may hold together. */
  maxUploadBytes: number;
  /** Most answers of cached embeddings that are kept as they are sent. */
  readyAnswers: number;
  /** What is less than this is not logged. */
  logLevel: LogLevel;
}

/** One or more settings are wrong; the message has a sentence for each. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

type Name = keyof typeof SETTINGS;

/** Names of all settings, which are those of the environment variables that the function reads. */
export const SETTING_NAMES = Object.keys(SETTINGS) as Name[];

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
    port: read("PORT", SETTINGS.PORT),
    host: read("HOST", SETTINGS.HOST),
    bundle: read("BUNDLE", SETTINGS.BUNDLE),
    registry: readRegistry(read("REGISTRY", SETTINGS.REGISTRY), get, problems),
    registrySeconds: read("REGISTRY_SECONDS", SETTINGS.REGISTRY_SECONDS),
    maxBundleBytes: read("MAX_BUNDLE_BYTES", SETTINGS.MAX_BUNDLE_BYTES),
    bundleSeconds: read("BUNDLE_SECONDS", SETTINGS.BUNDLE_SECONDS),
    store: read("STORE_URL", SETTINGS.STORE_URL),
    maxBytes: read("MAX_BYTES", SETTINGS.MAX_BYTES),
    maxPixels: read("MAX_PIXELS", SETTINGS.MAX_PIXELS),
    maxBatch: read("MAX_BATCH", SETTINGS.MAX_BATCH),
    allowUrls: read("ALLOW_URLS", SETTINGS.ALLOW_URLS),
    urlSeconds: read("URL_SECONDS", SETTINGS.URL_SECONDS),
    urlRedirects: read("URL_REDIRECTS", SETTINGS.URL_REDIRECTS),
    maxSeconds: read("MAX_SECONDS", SETTINGS.MAX_SECONDS),
    maxBulk: read("MAX_BULK", SETTINGS.MAX_BULK),
    bulkSeconds: read("BULK_SECONDS", SETTINGS.BULK_SECONDS),
    bulkConcurrency: read("BULK_CONCURRENCY", SETTINGS.BULK_CONCURRENCY),
    webhook: undefined,
    access: {
      keys: [
        ...read("API_KEYS", SETTINGS.API_KEYS) ?? [],
        ...read("PUBLISHABLE_KEYS", SETTINGS.PUBLISHABLE_KEYS) ?? [],
      ],
      anonymous: read("ALLOW_ANONYMOUS", SETTINGS.ALLOW_ANONYMOUS),
      publicLookup: read("PUBLIC_LOOKUP", SETTINGS.PUBLIC_LOOKUP),
      publicCollections: read("PUBLIC_COLLECTIONS", SETTINGS.PUBLIC_COLLECTIONS),
      trustedProxies: read("TRUSTED_PROXIES", SETTINGS.TRUSTED_PROXIES),
    },
    workers: read("WORKERS", SETTINGS.WORKERS),
    maxQueue: read("MAX_QUEUE", SETTINGS.MAX_QUEUE),
    maxUploadBytes: read("MAX_UPLOAD_BYTES", SETTINGS.MAX_UPLOAD_BYTES),
    readyAnswers: read("READY_ANSWERS", SETTINGS.READY_ANSWERS),
    logLevel: read("LOG_LEVEL", SETTINGS.LOG_LEVEL),
  };
  const [url, secret] = [
    read("WEBHOOK_URL", SETTINGS.WEBHOOK_URL),
    read("WEBHOOK_SECRET", SETTINGS.WEBHOOK_SECRET),
  ];
  const maxMessages = read("MAX_WEBHOOKS", SETTINGS.MAX_WEBHOOKS);
  if (url && secret) settings.webhook = { url, secret, maxMessages };
  if (problems.length === 0) problems.push(...findContradictions(settings));
  if (problems.length === 0 && (url === undefined) !== (secret === undefined)) {
    problems.push(
      "Cannot start: WEBHOOK_URL and WEBHOOK_SECRET must be given together: received one of them",
    );
  }
  if (problems.length > 0) throw new SettingsError(problems.join("\n"));
  return settings;
}

/** How a bucket is reached comes from the variables of AWS's own tools (`S3_ENVIRONMENT`). */
function readRegistry(
  text: string,
  get: (name: string) => string | undefined,
  problems: string[],
): ObjectLocation | undefined {
  if (text === "") return undefined;
  try {
    const location = parseLocation(text, get);
    return location.kind === "folder" ? { ...location, path: resolve(ROOT, location.path) } : location;
  } catch (error) {
    problems.push(
      `Cannot start: REGISTRY must be ${SETTINGS.REGISTRY.required}: ${(error as Error).message}`,
    );
    return undefined;
  }
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
    const { purpose, required, default: fallback } = SETTINGS[name];
    return `  ${name.padEnd(width)} ${purpose}\n${" ".repeat(width + 3)}${required}; default ${
      fallback || "none"
    }`;
  }).join("\n");
}
