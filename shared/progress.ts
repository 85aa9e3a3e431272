import cliProgress from "cli-progress";

/** Shows how far long work has come. */
export interface ProgressBar {
  /** @param note shown behind the bar, such as the loss */
  advance(by?: number, note?: string): void;
  done(): void;
}

/** What progress is shown on: standard error of `node:process`. */
export interface ProgressStream extends NodeJS.WritableStream {
  isTTY?: boolean;
}

const PLAIN_INTERVAL_MS = 10_000;

/** A bar with the time left on a terminal; a plain line every ten seconds elsewhere. */
export function showProgress(label: string, total: number, stream: ProgressStream): ProgressBar {
  return stream.isTTY ? terminalBar(label, total, stream) : plainLines(label, total, stream);
}

function terminalBar(label: string, total: number, stream: ProgressStream): ProgressBar {
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total} | {note}{eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    etaBuffer: 50,
    stream,
  });
  bar.start(total, 0, { note: "" });
  return {
    advance: (by = 1, note) => bar.increment(by, note === undefined ? {} : { note: `${note} | ` }),
    done: () => bar.stop(),
  };
}

function plainLines(label: string, total: number, stream: ProgressStream): ProgressBar {
  let value = 0;
  let note = "";
  let last = Date.now();
  const line = () => {
    stream.write(`${label} ${value}/${total}${note && ` | ${note}`}\n`);
  };
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
