import type { Accuracy } from "./accuracy.ts";
import { COLLAPSE_LIMITS, type CollapseIndicators, isCollapsed } from "./collapse.ts";
import type { Evaluation } from "./evaluate.ts";
import { KNN_T } from "./knn.ts";
import type { Target } from "./target.ts";

/** What was evaluated. */
export interface Evaluated extends Pick<Target, "kind" | "layer"> {
  /** The folder. */
  target: string;
  dimensions: number;
  untrained: boolean;
}

/** The line that a report begins with. */
export function formatTarget({ target, kind, layer, dimensions, untrained }: Evaluated): string {
  return `${kind} ${target}: ${layer}, ${dimensions} dimensions${untrained ? ", untrained" : ""}`;
}

/** The evaluation as a table for the terminal. */
export function formatEvaluation(evaluated: Evaluated & Evaluation): string {
  const { pictures, skipped, classes } = evaluated;
  const { knn, baselines, probe, collapse } = evaluated;
  const row = (name: string, figure: Accuracy) =>
    `  ${name.padEnd(38)}${formatAccuracy(figure, pictures.test)}`;
  const lines = [formatTarget(evaluated)];
  lines.push(
    classes
      ? `${pictures.train} pictures to learn from, ${pictures.test} to test with, ${classes.count} classes by ${classes.labels}`
      : `${pictures.train} pictures`,
  );
  if (knn) lines.push(row(`kNN (k ${knn.k}, T ${KNN_T})`, knn));
  if (baselines) {
    lines.push(row("  a colour histogram instead", baselines.colourHistogram));
    lines.push(row("  always the largest classes", baselines.largestClasses));
  }
  if (probe) lines.push(row(`linear probe (L2 ${probe.l2}, chosen)`, probe));
  if (collapse) lines.push(...formatCollapse(collapse));
  const files = Object.entries(skipped);
  if (files.length > 0) lines.push(`${files.length} files were skipped:`);
  for (const [path, reason] of files) lines.push(`  ${path}: ${reason}`);
  return lines.join("\n");
}

function formatAccuracy({ top1, top5 }: Accuracy, pictures: number): string {
  const figure = (share: number) => {
    const standardError = Math.sqrt(share * (1 - share) / pictures);
    return `${(100 * share).toFixed(1).padStart(5)} % ± ${(100 * standardError).toFixed(1)}`;
  };
  return `top-1 ${figure(top1)}${top5 === undefined ? "" : `   top-5 ${figure(top5)}`}`;
}

function formatCollapse(collapse: CollapseIndicators): string[] {
  const { pictures, spread, effectiveRank, rankLimit, uniformity } = collapse;
  const row = (name: string, value: string) => `  ${name.padEnd(38)}${value}`;
  return [
    row("spread", `${spread.toFixed(3)} (0 when all point one way, 1 when everywhere)`),
    row("effective rank", `${effectiveRank.toFixed(1)} of at most ${rankLimit}`),
    row("uniformity", `${uniformity.toFixed(2)} (0 when all point one way, -4 when everywhere)`),
    isCollapsed(collapse)
      ? `  collapsed: spread below ${COLLAPSE_LIMITS.spread} or effective rank below ${COLLAPSE_LIMITS.effectiveRank} on ${pictures} pictures`
      : `  not collapsed: spread at least ${COLLAPSE_LIMITS.spread} and effective rank at least ${COLLAPSE_LIMITS.effectiveRank} on ${pictures} pictures`,
  ];
}
