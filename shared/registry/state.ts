import { z } from "zod";

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A bundle that was made current. */
const entrySchema = z.strictObject({
  id: hex64,
  /** SHA-256 of its `manifest.json`, of which its id says only the encoder and the preprocessing. */
  manifest: hex64,
});

/** `current.json`: which bundle is current, and how it came to that. It changes as a whole or not at all. */
export const stateSchema = z.strictObject({
  format: z.literal("lookalike-registry/1"),
  /** Bundles that were promoted and not rolled back; the last one is current. */
  bundles: z.array(entrySchema),
  /** Bundles that are being deleted, and cannot be promoted. */
  removing: z.array(hex64),
  /** What was done, the newest last. */
  changes: z.array(z.strictObject({
    at: z.iso.datetime(),
    action: z.enum(["promote", "rollback"]),
    /** Current since then. */
    bundle: hex64,
    /** Current until then. */
    before: hex64.nullable(),
  })),
});
export type RegistryState = z.infer<typeof stateSchema>;
export type RegistryEntry = z.infer<typeof entrySchema>;

/** Changes that are kept. */
const MOST_CHANGES = 100;

export const EMPTY_STATE: RegistryState = {
  format: "lookalike-registry/1",
  bundles: [],
  removing: [],
  changes: [],
};

/**
 * The state in which these bundles are those that were promoted, and which tells what was done.
 *
 * @param now milliseconds since 1970
 */
export function withChange(
  state: RegistryState,
  action: "promote" | "rollback",
  bundles: RegistryEntry[],
  now: number,
): RegistryState {
  const change = {
    at: new Date(now).toISOString(),
    action,
    bundle: bundles.at(-1)!.id,
    before: state.bundles.at(-1)?.id ?? null,
  };
  return { ...state, bundles, changes: [...state.changes, change].slice(-MOST_CHANGES) };
}
