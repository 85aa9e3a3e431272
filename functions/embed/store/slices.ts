import type { Row, Value } from "./database.ts";

/**
 * Asks for many values, a hundred at a time: databases limit the number of parameters, and so few lengths let statements
 * be kept prepared.
 */
export async function eachSlice<Each extends Value>(
  values: readonly Each[],
  ask: (slice: Each[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < values.length; from += 100) {
    for (const row of await ask(values.slice(from, from + 100))) rows.push(row);
  }
  return rows;
}

/** Parameters for an IN (...), the first of which has that number. */
export function parameters(values: unknown[], first: number): string {
  return values.map((_, index) => `$${first + index}`).join(", ");
}
