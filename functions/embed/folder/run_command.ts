import type { Command } from "commander";
import { explainError } from "../../../shared/explain_error.ts";

/**
 * Runs a program of one command. What it was given wrong ends it with its message and 1; a defect keeps its
 * stack.
 */
export async function runCommand(command: Command): Promise<void> {
  try {
    for (const each of [command, ...command.commands]) {
      each.showHelpAfterError("(add --help for the options)");
    }
    // As people start it.
    await command.name(`deno task ${command.name()}`).parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    console.error(explainError(error) ?? error);
    Deno.exit(1);
  }
}
