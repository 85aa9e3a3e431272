import util from "node:util";
import type * as TensorFlow from "@tensorflow/tfjs-node-gpu";
import { cpuHasBfloat16 } from "./bfloat16.ts";
import { readStamp } from "./build.ts";
import { type Device, TENSORFLOW_VERSION } from "./paths.ts";

export type { TensorFlow };

export class DeviceError extends Error {
  override name = "DeviceError";
}

/** What convolutions compute in: mixed precision, whose weights, statistics and loss stay float32, is "bf16". */
export type Precision = "float32" | "bf16";

/** The parts of the package's backend that its typings keep to themselves. */
interface NodeBackend {
  isUsingGpuDevice: boolean;
}

/**
 * Loads TensorFlow into this process.
 *
 * @param device the device that must be used; by default the one that the addon was built for
 * @param precision what the device must be able to compute in
 * @throws {DeviceError} if TensorFlow was not set up, or the required device is not there or cannot compute so: never a
 *   silent fall-back
 */
export async function loadTensorFlow(
  device?: Device,
  precision: Precision = "float32",
): Promise<{ tf: typeof TensorFlow; device: Device; description: string }> {
  const stamp = await readStamp();
  if (!stamp) throw new DeviceError('Cannot load TensorFlow: it must be set up first: run "deno task setup"');
  // The package was written for older Node; these two were removed since.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  // TensorFlow reads its environment when its libraries load, so this comes before the import.
  if (!Deno.env.has("TF_CPP_MIN_LOG_LEVEL")) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");
  if (device === "cpu") Deno.env.set("CUDA_VISIBLE_DEVICES", "-1");
  else Deno.env.set("TF_FORCE_GPU_ALLOW_GROWTH", "true");

  const { default: tf } = await import("@tensorflow/tfjs-node-gpu") as unknown as {
    default: typeof TensorFlow;
  };
  const backend = tf.engine().backend as unknown as NodeBackend;
  const used: Device = backend.isUsingGpuDevice ? "gpu" : "cpu";
  if (device === "gpu" && used !== "gpu") {
    const why = stamp.device === "gpu"
      ? "TensorFlow found none"
      : 'it was set up for the CPU ("deno task setup")';
    throw new DeviceError(`Cannot train on the GPU: an NVIDIA GPU with its driver is required: ${why}`);
  }
  if (precision === "bf16" && used === "cpu" && !cpuHasBfloat16(stamp.libraries)) {
    throw new DeviceError(
      "Cannot compute with --precision bf16: a CPU with AVX-512 BF16, AMX or Arm's BF16 is required, or an NVIDIA GPU: " +
        "received a CPU without it",
    );
  }
  const name = used === "gpu" ? "the GPU" : `the CPU (${navigator.hardwareConcurrency} cores)`;
  return { tf, device: used, description: `TensorFlow ${TENSORFLOW_VERSION} on ${name}` };
}
