import { buildAddon } from "../../../trainer/tensorflow/build.ts";
import { detectDevice, installTensorFlow } from "../../../trainer/tensorflow/install.ts";

// One part of the setup, with a PATH of its own and away from the real folders.
const [part, folder, path] = Deno.args as [string, string, string];
Deno.env.set("PATH", path);
try {
  if (part === "install") await installTensorFlow("cpu", folder);
  else if (part === "build") await buildAddon("cpu", `${folder}/addon/tfjs_binding.node`);
  else console.log(await detectDevice());
} catch (error) {
  console.log(String(error));
  Deno.exit(1);
}
