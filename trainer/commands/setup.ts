import { Command, Option } from "commander";
import { buildAddon } from "../tensorflow/build.ts";
import { detectDevice, installTensorFlow } from "../tensorflow/install.ts";
import type { Device } from "../tensorflow/paths.ts";

/** `deno task setup`: fetches TensorFlow and builds its addon, where that was not done before. */
export const setup = new Command("setup")
  .description("Fetch TensorFlow through pip and build its addon (runs by itself before training and tests).")
  .addOption(
    new Option("--device <device>", "which TensorFlow to fetch; by default the GPU's where one is found")
      .choices(["cpu", "gpu"]),
  )
  .action(async (options: { device?: Device }) => {
    const device = options.device ?? await detectDevice();
    await installTensorFlow(device);
    await buildAddon(device);
  });
