export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogEntry {
  /** Unless given, "error" if there is an error, else "info". */
  level?: LogLevel;
  message: string;
  /** Of the request that it happened in, where there is one. */
  requestId?: string;
  error?: unknown;
  /** What else is known, for machines. Never a picture, a key or an address. */
  facts?: Record<string, string | number | undefined>;
}

/** Where the function writes what an operator should know. */
export type Log = (entry: LogEntry) => void;

/** Writes a line: warnings and errors on standard error, the rest on standard output. */
export type WriteLine = (level: LogLevel, line: string) => void;

export const writeToConsole: WriteLine = (level, line) => console[level](line);

let told = { at: 0, text: "" };

/** The time as ISO 8601 has it. Lines of one millisecond share its text, which takes as long as the rest of a line. */
function timeNow(): string {
  const at = Date.now();
  if (at !== told.at) told = { at, text: new Date(at).toISOString() };
  return told.text;
}

/**
 * Makes a log of one line of JSON per entry of this level or above; an error with its stack and causes.
 */
export function createConsoleLog(lowest: LogLevel, write: WriteLine = writeToConsole): Log {
  const wanted = new Set(LOG_LEVELS.slice(LOG_LEVELS.indexOf(lowest)));
  return function logToConsole(
    { error, level = error === undefined ? "info" : "error", message, requestId, facts },
  ) {
    if (!wanted.has(level)) return;
    const time = timeNow();
    const detail = error === undefined ? undefined : Deno.inspect(error, { colors: false });
    write(level, JSON.stringify({ time, level, message, requestId, ...facts, error: detail }));
  };
}
