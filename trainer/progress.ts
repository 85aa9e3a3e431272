import process from "node:process";
import cliProgress from "cli-progress";

/** Shows how far long work has come. */
export interface ProgressBar {
  /** @param note shown behind the bar, such as the loss */
  advance(by?: number, note?: string): void;
  done(): void;
}

const PLAIN_INTERVAL_MS = 10_000;

/** A bar with the time left on a terminal; a plain line every ten seconds elsewhere. Both on standard error. */
export function progressBar(label: string, total: number): ProgressBar {
  return Deno.stderr.isTerminal() ? terminalBar(label, total) : plainLines(label, total);
}

function terminalBar(label: string, total: number): ProgressBar {
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total} | {note}{eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    etaBuffer: 50,
    stream: process.stderr,
  });
  bar.start(total, 0, { note: "" });
  return {
    advance: (by = 1, note) => bar.increment(by, note === undefined ? {} : { note: `${note} | ` }),
    done: () => bar.stop(),
  };
}

function plainLines(label: string, total: number): ProgressBar {
  const started = Date.now();
  let value = 0;
  let note = "";
  let last = started;
  const line = () => console.error(`${label} ${value}/${total}${note && ` | ${note}`}`);
  return {
    advance(by = 1, text) {
      value += by;
      if (text !== undefined) note = text;
      if (Date.now() - last < PLAIN_INTERVAL_MS) return;
      last = Date.now();
      line();
    },
    done: line,
  };
}
