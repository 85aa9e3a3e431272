import { trace } from "@opentelemetry/api";
import type { WriteLine } from "./log.ts";

/**
 * Lines of one turn of the event loop are written together when it is over, since under load writing a line takes longer
 * than answering from memory. Warnings and errors are written at once, after what came before them; so is everything where
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
      setTimeout(flush);
    }
  };
}
