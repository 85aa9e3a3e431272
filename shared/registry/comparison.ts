import { z } from "zod";

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** One figure of a candidate, and what it must be. */
export const checkSchema = z.strictObject({
  /** Short and without spaces, for programs, such as `copy.microAP`. */
  id: z.string(),
  /** For people, such as "copies: micro average precision". */
  name: z.string(),
  unit: z.string().optional(),
  /** What was measured of the candidate; null where it is no number. */
  measured: z.number().nullable(),
  /** The same of the bundle that it would follow, where there is one and it has the figure. */
  current: z.number().nullable(),
  relation: z.enum(["at least", "at most"]),
  /** What `measured` is held against: the current bundle's figure with the margin, or a limit of its own. */
  required: z.number(),
  passed: z.boolean(),
});
export type Check = z.infer<typeof checkSchema>;

/** `comparison.json` of a bundle: what the gate found when the bundle was a candidate. */
export const comparisonSchema = z.strictObject({
  format: z.literal("lookalike-comparison/1"),
  created: z.iso.datetime(),
  candidate: hex64,
  /** SHA-256 of the candidate's `manifest.json`. */
  manifest: hex64,
  /** The bundle that it was compared with; null for a registry's first. */
  against: hex64.nullable(),
  passed: z.boolean(),
  /** Pictures that both were measured on: fingerprints of their names, so that two comparisons can be held together. */
  heldOut: z.strictObject({ pictures: z.int().nonnegative(), fingerprint: z.string() }),
  checks: z.array(checkSchema),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** Whether a figure is what is required; one that is no number never is. */
export function passes({ measured, relation, required }: Pick<Check, "measured" | "relation" | "required">) {
  if (measured === null || !Number.isFinite(measured)) return false;
  return relation === "at least" ? measured >= required : measured <= required;
}

/** What a candidate was refused for, a phrase for each figure; none if it passed. */
export function describeRefusal({ checks }: Pick<Comparison, "checks">): string[] {
  return checks.filter(({ passed }) => !passed).map(
    ({ name, unit, measured, current, relation, required }) => {
      const figure = (value: number | null) =>
        value === null ? "no number" : `${Number(value.toPrecision(4))}${unit ? ` ${unit}` : ""}`;
      const beside = current === null ? "" : ` (the current bundle's is ${figure(current)})`;
      return `${name} must be ${relation} ${figure(required)}${beside}: it is ${figure(measured)}`;
    },
  );
}
