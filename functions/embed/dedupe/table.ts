import { type Report, totalsOf } from "./report.ts";
import { inBytes, summarize, verdictOf } from "./words.ts";

/** The report as text: a line for every canonical file, and below it one for each of its copies. */
export function reportTable(report: Report): string {
  const rows = report.groups.flatMap(({ canonical, members }) => [
    { verdict: "canonical", score: "", file: canonical },
    ...members.map((member) => ({
      verdict: `  ${verdictOf(member)}`,
      score: member.score.toFixed(3),
      file: member,
    })),
  ]).map(({ verdict, score, file: { width, height, bytes, path } }) => [
    ...[verdict, score, `${width} x ${height}`, inBytes(bytes), printable(path)],
  ]);
  const header = ["verdict", "score", "size", "bytes", "file"];
  const table = [header, ...rows];
  const widths = header.map((_, column) =>
    table.reduce((most, row) => Math.max(most, row[column]!.length), 0)
  );
  const lines = table.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]!) : column === 4 ? cell : cell.padStart(widths[column]!)
    ).join("  ")
  );
  const summary = summarize(totalsOf(report), report.skipped).join("; ");
  return [...rows.length === 0 ? [] : [...lines, ""], summary].join("\n");
}

/** Without what a name could do to a terminal. */
function printable(path: string): string {
  // deno-lint-ignore no-control-regex
  return path.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "\ufffd");
}
