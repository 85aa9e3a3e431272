import type { StoreAddress } from "../../../shared/store_address.ts";
import type { Settings } from "../settings.ts";
import type { Shard } from "../../../shared/shard.ts";

/** What `deno task store` asks of its process, as JSON. */
export type StoreRequest = CopyRequest | ReembedRequest | GarbageRequest;

export interface CopyRequest {
  command: "copy";
  from: StoreAddress;
  to: StoreAddress;
}

type Needed =
  | "bundle"
  | "registry"
  | "maxBundleBytes"
  | "bundleSeconds"
  | "allowUrls"
  | "urlSeconds"
  | "urlRedirects"
  | "maxBytes"
  | "maxPixels"
  | "maxSeconds"
  | "workers";

export interface ReembedRequest extends Pick<Settings, Needed> {
  command: "reembed";
  store: StoreAddress;
  /** Folders that have files of pictures. */
  pictures: string[];
  shard: Shard;
  perSecond: number;
  /** Whether it is only to be said how many there are. */
  count: boolean;
  /** Whether what was done is to be said as JSON. */
  json: boolean;
}

export interface GarbageRequest {
  command: "gc";
  store: StoreAddress;
  /** The beginning of the id of the bundle to drop. */
  bundle: string | undefined;
  /** Milliseconds since 1970. */
  notSeenSince: number | undefined;
  collection: string | undefined;
}
