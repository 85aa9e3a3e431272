import { createRequire } from "node:module";
import { dirname, fromFileUrl, join } from "@std/path";

const require = createRequire(import.meta.url);

/** The release whose headers and libraries the addon is built against. */
export const TENSORFLOW_VERSION = "2.21.0";

/** Git-ignored folder that holds TensorFlow, one folder per kind of device. */
export const tensorflowFolder: string = fromFileUrl(new URL("../../.tensorflow", import.meta.url));

export type Device = "cpu" | "gpu";

/** Folder that pip installs into: `tensorflow/`, and for a GPU `nvidia/` beside it. */
export function wheelFolder(device: Device, root = tensorflowFolder): string {
  return join(root, `${device}-${TENSORFLOW_VERSION}`);
}

/** Where `@tensorflow/tfjs-node-gpu` looks for its addon, inside its own package. */
export function addonPath(): string {
  const packageJson = require.resolve("@tensorflow/tfjs-node-gpu/package.json");
  return join(dirname(packageJson), "lib", "napi-v8", "tfjs_binding.node");
}

/** Says what the addon was built from: written after it, so that an interrupted build is seen. */
export function stampPath(addon: string): string {
  return `${addon}.json`;
}

/** Folders of the sources and headers that the addon is compiled from. */
export function sourceFolders(): { package: string; nodeApi: string } {
  return {
    package: dirname(require.resolve("@tensorflow/tfjs-node-gpu/package.json")),
    nodeApi: join(dirname(require.resolve("node-api-headers/package.json")), "include"),
  };
}
