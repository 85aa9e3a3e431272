import type { Row } from "./database.ts";

/**
 * Asks for many ids, a hundred at a time: databases limit the number of parameters, and so few lengths let statements
 * be kept prepared.
 */
export async function eachSlice(ids: number[], ask: (slice: number[]) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < ids.length; from += 100) rows.push(...await ask(ids.slice(from, from + 100)));
  return rows;
}

/** Parameters for an IN (...), the first of which has that number. */
export function parameters(values: unknown[], first: number): string {
  return values.map((_, index) => `$${first + index}`).join(", ");
}
