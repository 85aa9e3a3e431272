import process from "node:process";
import { type ProgressBar, showProgress } from "../shared/progress.ts";

export type { ProgressBar };

/** Progress of the command line, on standard error. */
export function progressBar(label: string, total: number): ProgressBar {
  return showProgress(label, total, process.stderr);
}
