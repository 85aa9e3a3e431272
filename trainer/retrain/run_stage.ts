import { CommandError, runCommand } from "./command_process.ts";
import { readProgressLine } from "./command_progress.ts";
import { FINAL_ERRORS, FinalError, type JobContext } from "./worker.ts";

/**
 * Runs a command for a job, and tells the job how far it is.
 *
 * @param more what is told beside the command's own line
 * @param environment of the command, beside the worker's own
 * @returns its standard output
 * @throws {FinalError} if trying again would not help
 */
export async function runStage(
  task: string,
  args: string[],
  { signal, report }: JobContext,
  { more = () => Promise.resolve({}), environment = {} }: {
    more?: () => Promise<object>;
    environment?: Record<string, string>;
  } = {},
): Promise<string> {
  let telling = Promise.resolve();
  const onLine = (line: string) => {
    const progress = readProgressLine(line);
    if (progress) telling = telling.then(async () => report({ ...progress, ...await more() }));
  };
  try {
    const output = await runCommand(task, args, { signal, onLine, environment });
    await telling;
    return output;
  } catch (error) {
    if (!(error instanceof CommandError) || !FINAL_ERRORS.has(error.errorName ?? "")) throw error;
    throw new FinalError(error.message, { cause: error });
  }
}

/** A job's options as words of a command line. */
export function optionArguments(options: Record<string, string | number | boolean | undefined>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined
      ? []
      : value === false
      ? [`--no-${name}`]
      : value === true
      ? [`--${name}`]
      : [`--${name}`, String(value)]
  );
}
