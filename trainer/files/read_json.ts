import { z } from "zod";
import { SettingsError } from "../moco/settings.ts";

/**
 * Reads a JSON file that an option names.
 *
 * @param option such as "--comparison", and what the file must be, for the message
 * @throws {SettingsError} if it cannot be read, or is another
 */
export async function readJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  option: string,
  required: string,
): Promise<z.infer<Schema>> {
  const refuse = (reason: string, cause?: unknown) =>
    new SettingsError(`Cannot read ${option}: ${required} is required: received ${file}: ${reason}`, {
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(file));
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw refuse(`it is another:\n${z.prettifyError(result.error)}`);
}
