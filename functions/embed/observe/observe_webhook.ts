import { Counter, Gauge } from "prom-client";
import type { Webhook } from "../webhook/webhook.ts";
import type { Metrics } from "./metrics.ts";

/** What becomes of the messages of the webhook, when somebody collects. */
export function observeWebhook(webhook: Webhook, { registry }: Metrics): void {
  new Counter({
    name: "lookalike_webhook_messages_total",
    help:
      "Messages to the webhook: delivered, given up after the last attempt, or dropped since too many wait",
    labelNames: ["outcome"],
    registers: [registry],
    collect() {
      this.reset();
      for (const outcome of ["delivered", "failed", "dropped"] as const) {
        this.inc({ outcome }, webhook.counts[outcome]);
      }
    },
  });
  new Gauge({
    name: "lookalike_webhook_waiting",
    help: "Messages that wait for the webhook, or for its answer",
    registers: [registry],
    collect() {
      this.set(webhook.counts.waiting);
    },
  });
}
