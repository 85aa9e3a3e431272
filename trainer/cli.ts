import { Command } from "commander";
import { explainError } from "../shared/explain_error.ts";
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

const program = new Command("deno task")
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
  for (const each of [command, ...command.commands]) each.showHelpAfterError("(add --help for the options)");
  program.addCommand(command);
}

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  const explanation = explainError(error);
  // The name is for programs that run this one.
  console.error(explanation === undefined ? error : `${(error as Error).name}: ${explanation}`);
  Deno.exit(1);
}
