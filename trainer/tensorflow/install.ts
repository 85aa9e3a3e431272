import { statfsSync } from "node:fs";
import { format as formatBytes } from "@std/fmt/bytes";
import { exists } from "../files/exists.ts";
import { type Device, TENSORFLOW_VERSION, tensorflowFolder, wheelFolder } from "./paths.ts";

/** Something that setting TensorFlow up requires is missing; the message says what and how to get it. */
export class SetupError extends Error {
  override name = "SetupError";
}

/** The wheels are fetched for this Python whatever the local one is: only their C++ libraries and headers serve. */
const PYTHON = { version: "3.12", abi: "cp312" };

/** Unpacked size with headroom for pip's download: measured 1.3 GB (CPU); CUDA's packages add about 5 GB. */
const DISK = { cpu: 2e9, gpu: 9e9 };

/** NVIDIA's driver makes the first of these, Windows' Linux the second. */
const GPU_DEVICES = ["/dev/nvidiactl", "/dev/dxg"];

/** "gpu" where a GPU's device is there, "cpu" elsewhere. Asks Python, since Deno opens /dev only to those with all rights. */
export async function detectDevice(): Promise<Device> {
  const found = GPU_DEVICES.map((path) => `os.path.exists("${path}")`).join(" or ");
  const { success } = await runPython(["-c", `import os, sys; sys.exit(0 if ${found} else 1)`], "null");
  return success ? "gpu" : "cpu";
}

/**
 * Installs TensorFlow's wheel into its folder below `root` through pip, unless it is there. What is interrupted
 * leaves only a `.partial` folder, which the next call clears.
 *
 * @throws {SetupError} if the platform, the disk, Python or pip do not suffice, or pip fails
 */
export async function installTensorFlow(device: Device, root = tensorflowFolder): Promise<void> {
  const folder = wheelFolder(device, root);
  if (await exists(folder)) return;
  const platform = wheelPlatform();
  await requirePip();
  await Deno.mkdir(root, { recursive: true });
  requireDisk(DISK[device], root);

  const partial = `${folder}.partial`;
  if (await exists(partial)) await Deno.remove(partial, { recursive: true });
  const requirement = device === "gpu"
    ? `tensorflow[and-cuda]==${TENSORFLOW_VERSION}`
    : `tensorflow-cpu==${TENSORFLOW_VERSION}`;
  console.error(`Installing ${requirement} into ${folder}`);
  const { success } = await runPython(
    [
      ...["-m", "pip", "install", "--target", partial, "--no-compile", "--only-binary=:all:"],
      ...["--implementation", "cp", "--python-version", PYTHON.version, "--abi", PYTHON.abi],
      ...[
        "--platform",
        platform,
        "--disable-pip-version-check",
        "--no-warn-conflicts",
        "--root-user-action=ignore",
      ],
      // The CPU wheel holds all that is needed; CUDA comes as packages that the GPU wheel depends on.
      ...(device === "cpu" ? ["--no-deps"] : []),
      requirement,
    ],
    "inherit",
  );
  if (!success) {
    throw new SetupError(
      `Cannot install TensorFlow: pip could not fetch ${requirement} for ${platform} (its message is above); ` +
        `check the network or pip's index settings and run "deno task setup" again`,
    );
  }
  await Deno.rename(partial, folder);
}

function wheelPlatform(): string {
  const { os, arch } = Deno.build;
  if (os !== "linux") {
    throw new SetupError(`Cannot install TensorFlow: Linux on x86_64 or aarch64 is required: received ${os}`);
  }
  return `manylinux_2_27_${arch}`;
}

const PIP_HELP = 'install it, for example with "apt-get install python3-pip"';

async function requirePip(): Promise<void> {
  const { success } = await runPython(["-m", "pip", "--version"], "null");
  if (!success) throw new SetupError(`Cannot install TensorFlow: python3 has no pip: ${PIP_HELP}`);
}

async function runPython(args: string[], output: "inherit" | "null"): Promise<Deno.CommandStatus> {
  try {
    return await new Deno.Command("python3", { args, stdout: output, stderr: output }).spawn().status;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new SetupError(
      `Cannot set TensorFlow up: python3 with pip is required and was not found: ${PIP_HELP}`,
      {
        cause,
      },
    );
  }
}

function requireDisk(bytes: number, folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = Number(bavail) * Number(bsize);
  if (free < bytes) {
    throw new SetupError(
      `Cannot install TensorFlow: ${formatBytes(bytes)} of free disk are required in ${folder}: ` +
        `received ${formatBytes(free)}`,
    );
  }
}
