/** Signals that ask a process to stop; Windows knows SIGINT only. */
export const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/** On a signal to stop: closes what is open, and ends the process with success. */
export function stopOnSignals(close: () => void): void {
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, () => {
      close();
      Deno.exit(0);
    });
  }
}

/** Ends the process: an error that says what to do about it in a sentence needs no stack. */
export function exitWithMessage(error: Error): never {
  console.error(error.message);
  Deno.exit(1);
}
