import { type Evaluated, formatTarget } from "../report.ts";
import type { CopyEvaluation, CopyScores } from "./evaluate_copy.ts";

/** The evaluation as a table for the terminal. */
export function formatCopyEvaluation(evaluated: Evaluated & CopyEvaluation): string {
  const { originals, distractors, queries, plain, normalized } = evaluated;
  const row = (name: string, figure: (scores: CopyScores) => string) =>
    `  ${name.padEnd(32)}${figure(plain).padStart(10)}${figure(normalized).padStart(14)}`;
  const share = (value: number) => value.toFixed(3);
  return [
    formatTarget(evaluated),
    `${queries} edited pictures, looked up among ${originals} originals; ${distractors} pictures have none there`,
    `  ${"".padEnd(32)}${"cosine".padStart(10)}${"normalized".padStart(14)}`,
    row("micro average precision", ({ microAP }) => share(microAP)),
    row("recall at 90 % precision", ({ at90 }) => share(at90.recall)),
    row("recall at 99 % precision", ({ at99 }) => share(at99.recall)),
    row("  its threshold", ({ at99 }) => share(at99.threshold)),
    row("recall at 99.9 % precision", ({ at999 }) => share(at999.recall)),
    row("  its threshold", ({ at999 }) => share(at999.threshold)),
    "Recall of each edit at 99 % precision:",
    ...Object.keys(plain.byEdit).map((edit) => row(edit, ({ byEdit }) => share(byEdit[edit]!))),
  ].join("\n");
}
