/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Change } from "./admin_api.ts";
import { element } from "./element.ts";
import { formatDate } from "./format_date.ts";

/** What was promoted and rolled back, the newest first. */
export function changeEntries(changes: Change[]): HTMLLIElement[] {
  return changes.toReversed().map(({ at, action, bundle, before }) =>
    element(
      "li",
      {},
      formatDate(at),
      `: ${action === "promote" ? "promoted" : "rolled back to"} `,
      element("code", { title: bundle }, bundle.slice(0, 12)),
      ...before === null ? [] : [", before it ", element("code", { title: before }, before.slice(0, 12))],
    )
  );
}
