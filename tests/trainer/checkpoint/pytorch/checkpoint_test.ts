import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readPyTorchCheckpoint } from "../../../../trainer/checkpoint/pytorch/checkpoint.ts";
import { PyTorchFileError } from "../../../../trainer/checkpoint/pytorch/error.ts";
import { RandomAccessFile } from "../../../../trainer/checkpoint/random_access.ts";
import { archive, bytes, call, dictionary, global, pickle, string, tensor, tuple } from "./torch_file.ts";

const FIXTURES = fromFileUrl(new URL("../../../../fixtures/pytorch/", import.meta.url));
const expected = JSON.parse(await Deno.readTextFile(`${FIXTURES}expected.json`));

/** Reads a checkpoint that is made in memory. */
async function readMade(contents: Uint8Array) {
  const path = await Deno.makeTempFile({ suffix: ".pth" });
  try {
    await Deno.writeFile(path, contents);
    using file = new RandomAccessFile(path);
    const { tensors, ...rest } = await readPyTorchCheckpoint(file);
    return { ...rest, tensors: new Map(Array.from(tensors, ([name, tensor]) => [name, tensor.read()])) };
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readPyTorchCheckpoint() reads every element type, strided views and shared storage as PyTorch does", async () => {
  using file = new RandomAccessFile(`${FIXTURES}tensors.pth`);
  const { tensors } = await readPyTorchCheckpoint(file);
  const read = Array.from(tensors, ([name, tensor]) => [
    name,
    { shape: tensor.shape, data: Array.from(tensor.read()) },
  ]);
  assertEquals(Object.fromEntries(read), expected.tensors);
});

Deno.test("readPyTorchCheckpoint() finds the state_dict, the epoch and the momentum buffers of a training's checkpoint", async () => {
  using file = new RandomAccessFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`);
  const { tensors, momentum, epoch } = await readPyTorchCheckpoint(file);
  assertEquals(epoch, 3);
  assertEquals(tensors.get("module.encoder_q.conv1.weight")?.shape, [2, 3, 7, 7]);
  assertEquals(momentum.size, 62); // 20 convolutions, 20 batch norms with two parameters, fc with two
  assertEquals(Array.from(momentum.get(61)!.read()), expected.official.momentumOfFcBias);
});

Deno.test("readPyTorchCheckpoint() takes the only dictionary of tensors, and refuses to choose between two", async () => {
  const weight = dictionary({ weight: tensor({ elements: 2, shape: [2], stride: [1] }) });
  const made = async (root: Record<string, Uint8Array>) =>
    await readMade(
      await archive(pickle(dictionary(root)), {
        storages: { 0: new Uint8Array(Float32Array.of(1.5, -2).buffer) },
      }),
    );
  const { tensors } = await made({
    resnet18_parameters: weight,
    settings: dictionary({ name: string("x") }),
  });
  assertEquals(tensors, new Map([["weight", Float32Array.of(1.5, -2)]]));
  await assertRejects(
    () => made({ student: weight, teacher: weight }),
    PyTorchFileError,
    'a dictionary of "student", "teacher"',
  );
});

Deno.test("readPyTorchCheckpoint() passes over objects that are no tensors, whatever is done to them", async () => {
  const scalar = call(
    global("numpy.core.multiarray", "scalar"),
    call(global("numpy", "dtype"), string("f8")),
    string("12345678"),
  );
  const namespace = bytes(
    global("argparse", "Namespace"),
    tuple(),
    0x81,
    dictionary({ lr: scalar }),
    new TextEncoder().encode("b"),
  );
  const weight = tensor({ elements: 2, shape: [2], stride: [1] });
  const contents = await archive(
    pickle(dictionary({ args: namespace, state_dict: dictionary({ weight, steps: scalar }) })),
    { storages: { 0: new Uint8Array(Float32Array.of(1.5, -2).buffer) } },
  );
  const { tensors, momentum, epoch } = await readMade(contents);
  assertEquals([...tensors], [["weight", Float32Array.of(1.5, -2)]]);
  assertEquals([momentum.size, epoch], [0, 0]);
});
