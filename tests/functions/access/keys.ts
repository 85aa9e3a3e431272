import type { AccessSettings } from "../../../functions/embed/access/access.ts";
import { readSettings } from "../../../functions/embed/settings.ts";

export const SECRET = "sk_a-secret-key-of-the-tests";
export const METRICS = "sk_a-metrics-key-of-the-tests";
export const PAGE = "pk_a-page-key-of-the-tests";
export const OTHER_PAGE = "pk_another-page-key-of-the-tests";
export const SHOP = "https://shop.example";
export const BLOG = "http://localhost:5173";

/** What API_KEYS and PUBLISHABLE_KEYS are in the tests. Digests made with `printf %s KEY | sha256sum`. */
export const KEYS = {
  API_KEYS: `
    backend sha256:a4b9ea8cb8b3961c4e50ee2023d59cfc9296f876091237d338b6190a201abd2d;
    prometheus sha256:7b63a5026d9a65badc5e1da04c591b9e350bc9e2d7c3f612478e2754f0b3531d metrics`,
  PUBLISHABLE_KEYS: `shop ${PAGE} ${SHOP} https://www.shop.example 3/min; blog ${OTHER_PAGE} ${BLOG}`,
};

/** Who may call, as the start reads it from these settings. */
export function access(settings: Record<string, string>): AccessSettings {
  return readSettings((name) => settings[name]).access;
}

/** Headers that send a key, and name a page's origin. */
export function sentWith(key: string, origin?: string): Record<string, string> {
  return { Authorization: `Bearer ${key}`, ...origin === undefined ? {} : { Origin: origin } };
}
