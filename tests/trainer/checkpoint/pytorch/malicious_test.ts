import process from "node:process";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { PyTorchFileError } from "../../../../trainer/checkpoint/pytorch/error.ts";
import { importCommand } from "../../../../trainer/commands/import.ts";
import {
  APPENDS,
  archive,
  BINGET_0,
  BINPERSID,
  BINPUT_0,
  BUILD,
  bytes,
  call,
  dictionary,
  EMPTY_LIST,
  global,
  int,
  MARK,
  pickle,
  stackGlobal,
  string,
  tensor,
  tuple,
  TUPLE1,
  TUPLE2,
} from "./torch_file.ts";

const SECONDS = 3; // of processor time, whatever else the machine does; the slowest takes a tenth of it

/** Imports a file and expects that it is refused, soon, with `message`, and that nothing was written beside it. */
async function refuses(contents: Uint8Array, message: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lookalike-test-" });
  try {
    const path = join(folder, "checkpoint.pth");
    await Deno.writeFile(path, contents);
    const before = process.cpuUsage();
    await assertRejects(
      () => importCommand.parseAsync([path, "--out", join(folder, "run")], { from: "user" }),
      PyTorchFileError,
      message,
    );
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    assert(seconds < SECONDS, `took ${seconds.toFixed(1)} s`);
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["checkpoint.pth"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A piece of a pickle many times over. */
function repeat(piece: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(count * piece.length);
  for (let i = 0; i < count; i++) all.set(piece, i * piece.length);
  return all;
}

const FOUR = new Uint8Array(16); // four float32

/** A checkpoint of one value, which is refused. */
async function refusesValue(value: Uint8Array, message: string): Promise<void> {
  await refuses(await archive(pickle(value), { storages: { 0: FOUR } }), message);
}

/** A checkpoint of one tensor, which is refused. */
async function refusesTensor(view: Parameters<typeof tensor>[0], message: string): Promise<void> {
  await refusesValue(dictionary({ "conv1.weight": tensor(view) }), message);
}

const command = string("touch /tmp/lookalike-was-here");

Deno.test("import refuses by name when a pickle calls a function of the system", async () => {
  await refusesValue(call(global("posix", "system"), command), '"posix.system"');
  await refusesValue(call(global("nt", "system"), command), '"nt.system"');
  await refusesValue(call(stackGlobal("os", "system"), command), '"os.system"');
  await refusesValue(call(global("builtins", "eval"), command), '"builtins.eval"');
  await refusesValue(call(global("builtins", "getattr"), command), '"builtins.getattr"');
  await refusesValue(call(global("torch.hub", "load"), command), '"torch.hub.load"');
  await refusesValue(call(global("numpy.testing._private.utils", "runstring"), command), "runstring");
  await refusesValue(call(global("toString", "constructor"), command), '"toString.constructor"');
});

Deno.test("import refuses a call in a dictionary beside good tensors", async () => {
  const weight = tensor({ elements: 4, shape: [4], stride: [1] });
  await refusesValue(
    dictionary({ weight, more: call(global("posix", "system"), command) }),
    '"posix.system"',
  );
});

Deno.test("import refuses a call of what another call gave", async () => {
  const nested = call(call(global("collections", "OrderedDict")), command);
  await refusesValue(nested, "a name to call is required: received Dictionary");
  await refusesValue(call(string("os.system"), command), 'a name to call is required: received "os.system"');
  await refusesValue(call(global("torch", "FloatStorage"), command), "a call of torch.FloatStorage");
  await refusesValue(call(global("collections", "OrderedDict"), tuple(tuple(command, command))), "arguments");
});

Deno.test("import refuses attributes of anything but a dictionary", async () => {
  const weight = tensor({ elements: 4, shape: [4], stride: [1] });
  await refusesValue(
    bytes(weight, dictionary({ data: command }), BUILD),
    "a dictionary to set attributes of",
  );
  await refusesValue(bytes(global("torch", "Size"), dictionary({}), BUILD), "received torch.Size");
});

Deno.test("import refuses opcodes that torch.save does not write", async () => {
  const inst = new TextEncoder().encode("(S'touch /tmp/lookalike-was-here'\niposix\nsystem\n");
  await refusesValue(inst, "an opcode that torch.save writes is required: received 0x53");
  await refusesValue(Uint8Array.of(0x82, 1), "received 0x82"); // EXT1: a name by its number
});

Deno.test("import refuses a storage of another size than its elements", async () => {
  await refusesTensor({ elements: 5, shape: [4], stride: [1] }, "20 bytes for the 5 elements of storage 0");
  await refusesTensor({ elements: 4, type: "DoubleStorage", shape: [4], stride: [1] }, "32 bytes for the 4");
  await refusesTensor({ key: "1", elements: 4, shape: [4], stride: [1] }, "the bytes of storage 1");
  await refusesTensor({ key: "../byteorder", elements: 4, shape: [4], stride: [1] }, "the bytes of storage");
});

Deno.test("import refuses a tensor that is not inside its storage", async () => {
  await refusesTensor({ elements: 4, offset: 1, shape: [4], stride: [1] }, "elements 1 to 5");
  await refusesTensor({ elements: 4, shape: [2], stride: [4] }, "elements 0 to 5");
  await refusesTensor({ elements: 4, offset: -1, shape: [1], stride: [1] }, "an offset of at least 0");
  await refusesTensor({ elements: 4, shape: [2], stride: [-1] }, "strides of whole numbers is required");
  await refusesTensor({ elements: 4, shape: [-2], stride: [1] }, "a shape of whole numbers is required");
  await refusesTensor({ elements: 4, shape: [2, 2], stride: [1] }, "2 strides is required: received 1");
});

Deno.test("import refuses a shape that would take more memory than the file", async () => {
  const huge = [2 ** 30, 2 ** 30];
  await refusesTensor({ elements: 4, shape: huge, stride: [0, 0] }, "at most the storage's 4 elements");
  await refusesTensor({ elements: 4, shape: [5], stride: [0] }, "at most the storage's 4 elements");
  const ones = Array.from({ length: 1000 }, () => 1);
  await refusesTensor({ elements: 4, shape: ones, stride: ones }, "at most 8 dimensions");
});

Deno.test("import refuses a zip whose entries are packed, as a zip bomb's are", async () => {
  const bomb = await archive(pickle(dictionary({})), {
    storages: { 0: new Uint8Array(64 * 1024 * 1024) },
    packed: true,
  });
  assert(bomb.length < 1024 * 1024);
  await refuses(bomb, "entries that are stored as they are");
});

Deno.test("import refuses a zip whose entries together are larger than the file", async () => {
  const contents = await archive(pickle(dictionary({})), { storages: { 0: FOUR, 1: FOUR } });
  // The packed size, and the size.
  changeDirectory(contents, { 20: contents.length - 100, 24: contents.length - 100 });
  await refuses(contents, "entries within the file");
});

Deno.test("import refuses a zip whose entries are not where its directory says", async () => {
  const contents = await archive(pickle(dictionary({})));
  changeDirectory(contents, { 42: 1 });
  await refuses(contents, "an entry where the directory says is required: received none");
  changeDirectory(contents, { 42: 1_000_000 });
  await refuses(contents, "entries inside the file");
});

/** Sets 32-bit fields, by their place after the signature, of every entry of a zip's central directory. */
function changeDirectory(contents: Uint8Array, fields: Record<number, number>): void {
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  for (let at = 0; at + 4 <= contents.length; at++) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    for (const [place, value] of Object.entries(fields)) view.setUint32(at + Number(place), value, true);
  }
}

Deno.test("import refuses a file wherever it is cut", async () => {
  const weight = tensor({ elements: 4, shape: [4], stride: [1] });
  const whole = await archive(pickle(dictionary({ weight })), { storages: { 0: FOUR } });
  for (let length = 2; length < whole.length; length += 37) {
    await refuses(whole.slice(0, length), "a whole zip is required");
  }
  await refuses(await archive(pickle(dictionary({ weight })).slice(0, 40)), "is required");
});

Deno.test("import refuses what is no checkpoint, and says how to convert an old one", async () => {
  await refuses(new Uint8Array(100), "a file of torch.save or a safetensors file is required");
  await refuses(new Uint8Array(), "a file of torch.save or a safetensors file is required");
  await refuses(pickle(dictionary({})), "torch.save(torch.load(old, map_location='cpu'), new)");
  await refuses(await archive(pickle(dictionary({})), { byteorder: "big" }), "little-endian");
});

Deno.test("import refuses a million tiny tensors", async () => {
  const one = tensor({ elements: 4, shape: [1], stride: [1] });
  await refusesValue(repeat(one, 120_000), "at most 1000000 objects is required");
  await refusesValue(repeat(one, 1_000_000), "a data.pkl of at most 33554432 bytes is required");
});

Deno.test("import refuses a pickle that repeats what it remembers", async () => {
  // Each tuple holds the one before it twice: 2^100000 values, if one walked them.
  const doubled = bytes(BINGET_0, BINGET_0, TUPLE2, BINPUT_0);
  await refusesValue(
    bytes(int(1), BINPUT_0, repeat(doubled, 100_000)),
    "a dictionary of tensors is required: received a list",
  );

  // A list of 3000 groups that are all the same, of 3000 parameters.
  const list = (item: Uint8Array) => bytes(EMPTY_LIST, MARK, repeat(item, 3000), APPENDS);
  const weight = tensor({ elements: 4, shape: [4], stride: [1] });
  await refusesValue(
    dictionary({
      first: bytes(dictionary({ params: list(int(1)) }), BINPUT_0),
      optimizer: dictionary({ param_groups: list(BINGET_0), state: dictionary({}) }),
      state_dict: dictionary({ weight }),
    }),
    "an optimizer of at most 100000 parameters",
  );
});

Deno.test("import refuses a pickle that is nested a million deep", async () => {
  const deep = repeat(TUPLE1, 999_000);
  await refusesValue(bytes(int(1), deep), "a dictionary of tensors is required: received a list");
  const asOffset = call(
    global("torch._utils", "_rebuild_tensor_v2"),
    bytes(
      tuple(string("storage"), global("torch", "FloatStorage"), string("0"), string("cpu"), int(4)),
      BINPERSID,
    ),
    bytes(int(1), deep),
  );
  await refusesValue(asOffset, "an offset of at least 0 is required: received a list");
  await refusesValue(repeat(MARK, 2_000_000), "at most 1000000 objects");
});
