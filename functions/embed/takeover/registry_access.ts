import { lookup } from "node:dns/promises";
import { S3_ENVIRONMENT } from "../../../shared/objects/location.ts";
import { ObjectStoreError } from "../../../shared/objects/object_store.ts";
import { isLocalOnly } from "../access/access.ts";
import type { Settings } from "../settings.ts";
import type { StoreAccess } from "../store/store_access.ts";

/**
 * What a process must be allowed to do to take bundles over from the registry, and to change what is current if a caller may
 * have that done.
 *
 * @throws {ObjectStoreError} if the bucket's server is not known
 */
export async function registryAccess(
  { registry, access }: Pick<Settings, "registry" | "access">,
): Promise<StoreAccess> {
  const none = { read: [], write: [], environment: [], hosts: [], addresses: [] };
  if (registry === undefined) return none;
  if (registry.kind === "folder") {
    const isWritten = isLocalOnly(access) ||
      access.keys.some(({ rights }) => rights.includes("bundles-write"));
    return { ...none, read: [registry.path], write: isWritten ? [registry.path] : [] };
  }
  const { host, hostname } = new URL(registry.bucket);
  return {
    ...none,
    environment: [...S3_ENVIRONMENT],
    hosts: [host],
    addresses: await findAddresses(hostname.replace(/^\[|\]$/g, "")),
  };
}

async function findAddresses(hostname: string): Promise<string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new ObjectStoreError(
      `Cannot start: REGISTRY must be at a server that can be found: received ${hostname}`,
      { cause },
    );
  }
}
