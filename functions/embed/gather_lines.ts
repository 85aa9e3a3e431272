import { trace } from "@opentelemetry/api";
import type { WriteLine } from "./log.ts";

/** Time for which lines are gathered: nobody notices it, and under load it makes one write of a hundred. */
const GATHER_MS = 10;

/**
 * Lines that come within a hundredth of a second are written together, since writing one takes longer than answering
 * from memory. Warnings and errors are written at once, after what came before them; so is everything where
 * Deno's OpenTelemetry is on, which takes each line for a record of the request that it is written in. What is gathered
 * when the process ends by itself is written then.
 */
export function gatherLines(write: WriteLine): WriteLine {
  let gathered: string[] = [];
  const flush = () => {
    if (gathered.length === 0) return;
    write("info", gathered.join("\n"));
    gathered = [];
  };
  globalThis.addEventListener("unload", flush);

  return function gather(level, line) {
    if (level === "warn" || level === "error" || trace.getActiveSpan()) {
      flush();
      write(level, line);
    } else if (gathered.push(line) === 1) {
      setTimeout(flush, GATHER_MS);
    }
  };
}
