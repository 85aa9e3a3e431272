import type { Comparison } from "../../shared/registry/comparison.ts";

/** The comparison as a table for the terminal. */
export function formatComparison({ candidate, against, heldOut, checks, passed }: Comparison): string {
  const figure = (value: number | null) => value === null ? "-" : String(Number(value.toPrecision(4)));
  const rows = checks.map(({ name, unit, measured, current, relation, required, passed }) => [
    `${passed ? "ok" : "NO"}  ${name}${unit ? ` (${unit})` : ""}`,
    figure(measured),
    figure(current),
    `${relation} ${figure(required)}`,
  ]);
  const table = [["    figure", "candidate", "current", "required"], ...rows].map((
    [name = "", ...columns],
  ) => [name.padEnd(48), ...columns.map((column) => column.padStart(18))].join(""));
  return [
    `${candidate.slice(0, 12)} against ${
      against?.slice(0, 12) ?? "its own network untrained"
    }, on ${heldOut.pictures} held-out pictures`,
    ...table,
    passed ? "passed" : "refused",
  ].join("\n");
}
