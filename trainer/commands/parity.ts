import { Command } from "commander";
import { missedLimits, PARITY_LIMITS, replay } from "../moco/parity.ts";
import { loadTensorFlow } from "../tensorflow/load.ts";

/** `deno task parity DIR`: one JSON line; exit 1 when a figure misses its limit. */
export const parity = new Command("parity")
  .description("Replay recorded steps of the official MoCo code and print how far this trainer is from them.")
  .argument("<dir>", "folder with expected.json, initial, final and batches.safetensors")
  .option("--eager", "run operation by operation instead of one compiled graph", false)
  .action(async (folder: string, { eager }: { eager: boolean }) => {
    const { tf } = await loadTensorFlow();
    const result = await replay(tf, folder, eager);
    console.log(JSON.stringify(result));
    for (const name of missedLimits(result)) {
      console.error(`${name} misses its limit of ${PARITY_LIMITS[name as keyof typeof PARITY_LIMITS]}`);
      Deno.exitCode = 1;
    }
  });
