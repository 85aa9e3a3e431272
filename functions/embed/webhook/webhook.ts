import { delay } from "@std/async/delay";
import { raceAbort } from "../inference/waiting_line.ts";
import type { Log } from "../log.ts";
import { signedHeaders } from "./sign.ts";

/** Pauses after an attempt that failed, in seconds; after the last one the message is given up. */
const PAUSES = [1, 5, 30, 120, 600];
/** Longest time for one attempt, as Standard Webhooks has it. */
const ATTEMPT_SECONDS = 15;
/** Groups that one message tells of; what changes beyond waits for the next one. */
const GROUPS = 200;
/** Longest time that is left for what waits when the server stops, which itself has five seconds. */
const CLOSING_MS = 3000;

/** Groups of a collection that are other than they were, by the SHA-256 of their canonical pictures, old and new. */
export interface Change {
  collection: string;
  /** Id of the bundle that answers are from. */
  bundle: string;
  groups: string[];
}

export interface WebhookSettings {
  url: string;
  secret: Uint8Array<ArrayBuffer>;
  /** Most messages that wait. */
  maxMessages: number;
}

export interface WebhookOptions extends WebhookSettings {
  /** What a message says of a change, found out when it is sent: its time and its failure are the attempt's. */
  describe(change: Change): Promise<object>;
  log: Log;
  /** Pauses between attempts, in seconds. */
  pauses?: readonly number[];
}

/** Tells another server of changes, in their order, while nobody waits for it. */
export interface Webhook {
  /** Takes a change; what waits of the same collection goes into one message. Beyond the limit it is lost, and logged. */
  tell(change: Change): void;
  /** What became of messages so far, for metrics. */
  readonly counts: Readonly<Record<Outcome | "waiting", number>>;
  /** Sends what waits, each once more and without pauses, for three seconds at most; takes nothing any more. */
  close(): Promise<void>;
}

export type Outcome = "delivered" | "failed" | "dropped";

interface Message extends Change {
  id: string;
  /** Milliseconds since 1970 of the first change that it tells of. */
  at: number;
}

export function createWebhook(
  { url, secret, maxMessages, describe, log, pauses = PAUSES }: WebhookOptions,
): Webhook {
  const waiting: Message[] = [];
  const counts = { delivered: 0, failed: 0, dropped: 0 };
  const closing = new AbortController();
  const cutOff = new AbortController();
  let sending: Promise<void> | undefined;

  /** @returns why it failed; undefined if it did not */
  const attempt = async ({ id, at, ...change }: Message): Promise<string | undefined> => {
    const signal = AbortSignal.any([cutOff.signal, AbortSignal.timeout(ATTEMPT_SECONDS * 1000)]);
    try {
      signal.throwIfAborted();
      const data = { collection: change.collection, ...await raceAbort(describe(change), signal) };
      const body = JSON.stringify({ type: "groups.changed", timestamp: new Date(at).toISOString(), data });
      const response = await fetch(url, {
        method: "POST",
        // Signed anew, since receivers refuse what is old.
        headers: {
          "Content-Type": "application/json",
          "User-Agent": "Lookalike",
          ...await signedHeaders(secret, { id, at: Date.now(), body }),
        },
        body,
        redirect: "manual",
        signal,
      });
      await response.body?.cancel();
      return response.ok ? undefined : `it answered ${response.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };

  const deliver = async (message: Message): Promise<void> => {
    for (let attempts = 1;; attempts++) {
      const reason = await attempt(message);
      if (reason === undefined) {
        counts.delivered++;
        return;
      }
      const pause = pauses[attempts - 1];
      if (pause === undefined || closing.signal.aborted) {
        counts.failed++;
        log({
          level: "error",
          message: `The webhook was not told of a change in ${message.collection}: ${reason}`,
          facts: { webhookId: message.id, attempts, groups: message.groups.length },
        });
        return;
      }
      // Up to a tenth more, so that servers that began together do not go on together.
      await delay(pause * (1 + Math.random() / 10) * 1000, { signal: closing.signal }).catch(() => {});
    }
  };

  const sendAll = async (): Promise<void> => {
    for (let message; (message = waiting.shift());) await deliver(message);
    sending = undefined;
  };

  return {
    tell({ collection, bundle, groups }) {
      if (groups.length === 0 || closing.signal.aborted) return;
      const last = waiting.findLast((message) =>
        message.collection === collection && message.bundle === bundle
      );
      const merged = new Set([...last?.groups ?? [], ...groups]);
      if (last && merged.size <= GROUPS) {
        last.groups = [...merged];
        return;
      }
      for (let from = 0; from < groups.length; from += GROUPS) {
        if (waiting.length >= maxMessages) {
          counts.dropped++;
          log({
            level: "error",
            message:
              `A change in ${collection} is not told to the webhook: ${maxMessages} messages wait already`,
          });
          break;
        }
        waiting.push({
          id: `msg_${crypto.randomUUID()}`,
          at: Date.now(),
          collection,
          bundle,
          groups: groups.slice(from, from + GROUPS),
        });
      }
      sending ??= sendAll();
    },
    get counts() {
      return { ...counts, waiting: waiting.length + (sending ? 1 : 0) };
    },
    async close() {
      closing.abort();
      const timer = setTimeout(() => cutOff.abort(new Error("the server stopped")), CLOSING_MS);
      await sending;
      clearTimeout(timer);
    },
  };
}
