import { assertAlmostEquals, assertThrows } from "@std/assert";
import type { Network } from "../../../trainer/moco/architecture.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";

/** One 1x1 convolution of one channel, whose batch norm gives 3 (2x - 5) / sqrt(4 + 1e-5) + 7. */
const network: Network = {
  stem: { convolution: "conv1", batchNorm: "bn1", in: 1, out: 1, kernel: 1, stride: 1, padding: 0 },
  stemRelu: true,
  maxPool: false,
  blocks: [],
  pooling: "average",
  features: 1,
  head: [],
};

function weights(): TensorMap {
  const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
  return new Map([
    ["conv1.weight", { shape: [1, 1, 1, 1], data: Float32Array.of(2) }],
    ["bn1.weight", one(3)],
    ["bn1.bias", one(7)],
    ["bn1.running_mean", one(5)],
    ["bn1.running_var", one(4)],
  ]);
}

Deno.test("foldBatchNorms() gives a convolution that does what both did", () => {
  const folded = foldBatchNorms(network, weights());
  const deviation = Math.sqrt(4 + 1e-5);
  assertAlmostEquals(folded.get("conv1.weight")!.data[0]!, 6 / deviation, 1e-6);
  assertAlmostEquals(folded.get("conv1.bias")!.data[0]!, 7 - 15 / deviation, 1e-6);
});

Deno.test("foldBatchNorms() names the tensor that is missing or of another shape", () => {
  const missing = weights();
  missing.delete("bn1.running_var");
  assertThrows(
    () => foldBatchNorms(network, missing),
    RangeError,
    "bn1.running_var of shape [1] is required: received none",
  );
  const wrong = weights().set("bn1.bias", { shape: [2], data: new Float32Array(2) });
  assertThrows(() => foldBatchNorms(network, wrong), RangeError, "received shape [2]");
});
