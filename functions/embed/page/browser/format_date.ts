/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { element } from "./element.ts";

/** A moment as people here write it. */
export function formatDate(iso: string): HTMLTimeElement {
  const date = new Date(iso);
  return element(
    "time",
    { dateTime: iso, title: date.toLocaleString() },
    date.toLocaleString(undefined, {
      ...{ day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
      ...date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" },
    }),
  );
}
