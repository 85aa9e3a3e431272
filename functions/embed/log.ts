export interface LogEntry {
  message: string;
  /** Of the request that it happened in, where there is one. */
  requestId?: string;
  error?: unknown;
}

/** Where the function writes what an operator should know. */
export type Log = (entry: LogEntry) => void;

/** One line of JSON per entry, on standard error; an error with its stack and causes. */
export function logToConsole({ error, ...entry }: LogEntry): void {
  const detail = error === undefined ? {} : { error: Deno.inspect(error, { colors: false }) };
  console.error(JSON.stringify({ time: new Date().toISOString(), ...entry, ...detail }));
}
