import { dirname, join } from "@std/path";
import { SetupError } from "./install.ts";
import {
  addonPath,
  type Device,
  sourceFolders,
  stampPath,
  TENSORFLOW_VERSION,
  wheelFolder,
} from "./paths.ts";

/** What an addon was built from; it is built again when this differs. */
export interface Stamp {
  device: Device;
  version: string;
  libraries: string;
}

/** The stamp of the addon in place, or undefined when none was built to its end. */
export async function readStamp(addon = addonPath()): Promise<Stamp | undefined> {
  try {
    await Deno.stat(addon);
    return JSON.parse(await Deno.readTextFile(stampPath(addon))) as Stamp;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Compiles the N-API addon of `@tensorflow/tfjs-node-gpu`, unchanged, against the headers and libraries in
 * TensorFlow's wheel, and puts it where the package looks for it. Does nothing when that was done before.
 *
 * @throws {SetupError} if there is no C++ compiler, or it fails
 */
export async function buildAddon(device: Device, addon = addonPath()): Promise<void> {
  const libraries = join(wheelFolder(device), "tensorflow");
  const stamp: Stamp = { device, version: TENSORFLOW_VERSION, libraries };
  if (JSON.stringify(await readStamp(addon)) === JSON.stringify(stamp)) return;

  console.error("Compiling TensorFlow's addon (about ten seconds)");
  const sources = sourceFolders();
  await Deno.mkdir(dirname(addon), { recursive: true });
  const args = [
    ...["-O2", "-shared", "-fPIC", "-std=c++17", "-DNAPI_VERSION=8"],
    ...[`-I${sources.nodeApi}`, `-I${join(libraries, "include")}`, `-I${sources.package}`],
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(sources.package, "binding", file)),
    ...[`-L${libraries}`, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
    ...[`-Wl,-rpath,${libraries}`, "-o", `${addon}.partial`],
  ];
  const { success, stderr } = await runCompiler(args);
  if (!success) {
    throw new SetupError(`Cannot build TensorFlow's addon: g++ failed:\n${new TextDecoder().decode(stderr)}`);
  }
  await Deno.rename(`${addon}.partial`, addon);
  await Deno.writeTextFile(stampPath(addon), JSON.stringify(stamp));
}

async function runCompiler(args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("g++", { args, stdout: "null", stderr: "piped" }).output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new SetupError(
      'Cannot build TensorFlow\'s addon: the C++17 compiler g++ is required and was not found: install it, for example with "apt-get install g++"',
      { cause },
    );
  }
}
