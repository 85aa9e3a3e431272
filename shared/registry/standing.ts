import type { RegistryState } from "./state.ts";

/** What a bundle is to the registry: current now, just before or earlier, taken back, or never current. */
export const STANDINGS = ["current", "previous", "earlier", "rolled-back", "candidate", "refused"] as const;
export type Standing = (typeof STANDINGS)[number];

/** Undefined for a bundle that was never current. */
export function standingOf(id: string, { bundles, changes }: RegistryState): Standing | undefined {
  const place = bundles.findLastIndex((entry) => entry.id === id);
  if (place === -1) return changes.some(({ before }) => before === id) ? "rolled-back" : undefined;
  return (["current", "previous"] as const)[bundles.length - 1 - place] ?? "earlier";
}
