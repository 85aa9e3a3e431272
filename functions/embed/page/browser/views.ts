/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./element.ts";

export type View = "compare" | "collection";

/**
 * Shows the view that the address names, now and whenever it changes: `#collection=NAME` is a collection. Returns which one is
 * shown.
 */
export function followViews(showCollection: (name: string) => void): () => View {
  let shown: View = "compare";
  const follow = () => {
    const [, view, name = ""] = /^#(compare|collection)?(?:=(.*))?$/.exec(location.hash || "#") ?? [];
    // Other addresses are places in the page.
    if (view === undefined && location.hash.length > 1) return;
    shown = view === "collection" ? "collection" : "compare";
    for (const each of ["compare", "collection"] as const) {
      byId(`${each}-view`).hidden = each !== shown;
      byId(`to-${each}`).ariaCurrent = each === shown ? "page" : null;
    }
    byId("drop-text").textContent = shown === "collection" ? "Drop to add" : "Drop to compare";
    if (shown === "collection") showCollection(decodeURIComponent(name));
    // Coming back to it shows the same one.
    if (name !== "") byId<HTMLAnchorElement>("to-collection").href = location.hash;
  };
  addEventListener("hashchange", follow);
  follow();
  return () => shown;
}

/** Goes to the address of a collection; from that of no collection in particular without a way back to it. */
export function openCollection(name: string): void {
  const address = `#collection=${encodeURIComponent(name)}`;
  if (location.hash === "#collection") location.replace(address);
  else location.hash = address;
}
