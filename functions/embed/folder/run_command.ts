import type { Command } from "commander";

/**
 * Runs a program of one command. What it was given wrong ends it with its message and 1; a defect keeps its
 * stack.
 */
export async function runCommand(command: Command): Promise<void> {
  try {
    await command.showHelpAfterError("(add --help for the options)").parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    const named = error instanceof Error && error.constructor !== Error && !(error instanceof TypeError);
    console.error(named ? error.message : error);
    Deno.exit(1);
  }
}
