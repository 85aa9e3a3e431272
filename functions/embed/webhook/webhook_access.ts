import { lookup } from "node:dns/promises";
import type { StoreAccess } from "../store/store_access.ts";
import type { WebhookSettings } from "./webhook.ts";

/** What a process must be allowed to do to tell the webhook: to reach its host, and what that is found at, if it is now. */
export async function webhookAccess(settings: WebhookSettings | undefined): Promise<StoreAccess> {
  const none = { read: [], write: [], environment: [], hosts: [], addresses: [] };
  if (!settings) return none;
  const { host, hostname } = new URL(settings.url);
  const found = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true }).catch(() => []);
  return { ...none, hosts: [host], addresses: found.map(({ address }) => address) };
}
