import type { Log } from "../log.ts";
import type { Store } from "../store/store.ts";
import { describeChange } from "./describe_change.ts";
import { createWebhook, type Webhook, type WebhookSettings } from "./webhook.ts";

/** The webhook of the settings, which tells of a store's groups; undefined where nobody is told. */
export function openWebhook(
  settings: WebhookSettings | undefined,
  store: Pick<Store, "placement">,
  log: Log,
): Webhook | undefined {
  if (!settings) return undefined;
  return createWebhook({ ...settings, log, describe: (change) => describeChange(store, change) });
}
