import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { Architecture } from "../../../trainer/moco/architecture.ts";
import { initialState } from "../../../trainer/moco/initialize.ts";
import { readSafetensors } from "../../../trainer/checkpoint/safetensors.ts";

const REFERENCE = new URL(
  "../../../fixtures/reference/resnet18_w4_cifar_v2/initial.safetensors",
  import.meta.url,
);
const ARCHITECTURE: Architecture = {
  ...{ block: "BasicBlock", layers: [2, 2, 2, 2], width: 4, stem: "cifar", mlp: true, dim: 16 },
};

function start(seed: number, architecture = ARCHITECTURE) {
  return initialState(architecture, 32, seed);
}

Deno.test("initialState() has the names and shapes of the official code's state", async () => {
  const { tensors: official } = readSafetensors(await Deno.readFile(REFERENCE));
  const shapes = (state: typeof official) =>
    Object.fromEntries(
      [...state].filter(([name]) => !/num_batches_tracked|queue/.test(name)).map((
        [name, { shape }],
      ) => [name, shape]),
    );
  assertEquals(shapes(start(1)), shapes(official));
});

Deno.test("initialState() starts the key encoder as a copy of the query encoder", () => {
  const state = start(1);
  const names = [...state.keys()].filter((name) => name.startsWith("encoder_q."));
  assert(names.length > 100);
  for (const name of names) assertEquals(state.get(name.replace("encoder_q", "encoder_k")), state.get(name));
});

Deno.test("initialState() spreads weights as torchvision does", () => {
  const wide = start(1, { ...ARCHITECTURE, width: 16 });
  const deviation = (name: string) => {
    const { data } = wide.get(name)!;
    return Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length);
  };
  // 128 channels out of a 3x3 kernel: sqrt(2 / fan_out).
  assertAlmostEquals(deviation("encoder_q.layer4.1.conv2.weight"), Math.sqrt(2 / (128 * 9)), 2e-4);
  // Uniform in +-1/sqrt(128).
  assertAlmostEquals(deviation("encoder_q.fc.0.weight"), 1 / Math.sqrt(3 * 128), 1e-3);
  assert(wide.get("encoder_q.fc.0.weight")!.data.every((value) => Math.abs(value) <= 1 / Math.sqrt(128)));
  assert(wide.get("encoder_q.layer4.1.bn2.weight")!.data.every((value) => value === 1));
  assert(wide.get("encoder_q.layer4.1.bn2.running_var")!.data.every((value) => value === 1));
});

Deno.test("initialState() fills the queue with different directions of unit norm", () => {
  const { shape, data } = start(1).get("queue")!;
  assertEquals(shape, [16, 32]);
  const column = (k: number) => Array.from({ length: 16 }, (_, d) => data[d * 32 + k]!);
  for (let k = 0; k < 32; k++) assertAlmostEquals(Math.hypot(...column(k)), 1, 1e-6);
  assertNotEquals(column(0), column(1));
});

Deno.test("initialState() is decided by its seed", () => {
  assertEquals(start(5), start(5));
  assertNotEquals(start(5).get("queue"), start(6).get("queue"));
});
