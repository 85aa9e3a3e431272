import { Command } from "commander";
import { calibrateCommand } from "./commands/calibrate.ts";
import { copiesCommand } from "./commands/copies.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { gateCommand } from "./commands/gate.ts";
import { importCommand } from "./commands/import.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { parity } from "./commands/parity.ts";
import { registryCommand } from "./commands/registry.ts";
import { retrainCommand } from "./commands/retrain.ts";
import { setup } from "./commands/setup.ts";
import { train } from "./commands/train.ts";
import { viewsCommand } from "./commands/views.ts";
import { workerCommand } from "./commands/worker.ts";

const program = new Command("lookalike")
  .description("Train an image encoder with Momentum Contrast, and export it for the edge.");
for (
  const command of [
    setup,
    viewsCommand,
    train,
    evaluateCommand,
    importCommand,
    exportCommand,
    calibrateCommand,
    gateCommand,
    registryCommand,
    parity,
    copiesCommand,
    retrainCommand,
    workerCommand,
    jobsCommand,
  ]
) {
  program.addCommand(command.showHelpAfterError("(add --help for the options)"));
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  // A named error is for the person at the terminal; anything else is a defect and keeps its stack.
  const named = error instanceof Error && error.constructor !== Error && !(error instanceof TypeError);
  console.error(named ? `${error.name}: ${error.message}` : error);
  Deno.exit(1);
}
