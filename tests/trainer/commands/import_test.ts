import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { CheckpointError, readCheckpoint, readRun } from "../../../trainer/checkpoint/run.ts";
import {
  readSafetensors,
  type TensorMap,
  writeSafetensors,
} from "../../../trainer/checkpoint/safetensors.ts";
import { importCommand } from "../../../trainer/commands/import.ts";
import { layOut } from "../../../trainer/moco/architecture.ts";
import {
  IMAGENET_MEAN,
  IMAGENET_STD,
  preprocessingOf,
  SettingsError,
} from "../../../trainer/moco/settings.ts";
import { floatGraph, OUTPUT } from "../../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import { openSession } from "../../../trainer/onnx/session.ts";
import { PHOTOS, runTask, withFolder } from "./command_line.ts";

const FIXTURES = fromFileUrl(new URL("../../../fixtures/pytorch/", import.meta.url));
const expected = JSON.parse(await Deno.readTextFile(`${FIXTURES}expected.json`));

/** Imports a file into a folder of its own; returns what was printed. */
async function importFile(path: string, out: string, ...args: string[]): Promise<string> {
  const lines: unknown[] = [];
  const { log } = console;
  console.log = (line) => lines.push(line);
  try {
    // commander keeps the options of the run before: each one starts anew.
    for (const option of importCommand.options) {
      importCommand.setOptionValue(option.attributeName(), option.defaultValue);
    }
    await importCommand.parseAsync([path, "--out", out, ...args], { from: "user" });
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

/** The float32 encoder's embeddings of pictures [N, 3, size, size], through ONNX. */
async function embed(run: string, pictures: Float32Array, size: number): Promise<Float32Array> {
  const { architecture, weights } = await readRun(run);
  const network = layOut(architecture);
  const session = await openSession(
    floatGraph(network, foldBatchNorms(network, weights), size, "projection"),
    size,
  );
  const embeddings = (await session.run(pictures)).get(OUTPUT)!;
  await session.release();
  return embeddings;
}

function worstDifference(a: Float32Array, b: ArrayLike<number>): number {
  assertEquals(a.length, b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** The picture of fixtures/pytorch_checkpoints.py. */
const wave = Float32Array.from(
  { length: 3 * 32 * 32 },
  (_, i) => Math.sin((i % 1024) * (Math.floor(i / 1024) + 1) / 50),
);

for (
  const [name, file, printed] of [
    ["official", "official_resnet18_w2_v1.pth.tar", "imagenet stem, linear head of 8 dimensions"],
    ["lightly", "lightly_resnet18_w2.ckpt", "lightly stem, mlp head of 8 dimensions"],
    ["soloLearn", "solo_learn_resnet18_w2.ckpt", "imagenet stem, mlp head of 8 dimensions"],
  ] as const
) {
  Deno.test(`import makes a run that embeds as PyTorch does when the checkpoint's layout is ${name}`, async () => {
    await withFolder(async (folder) => {
      const output = await importFile(`${FIXTURES}${file}`, join(folder, "run"));
      assert(output.includes(`resnet18, width 2, ${printed}`), output);
      const embedding = await embed(join(folder, "run"), wave, 32);
      assertAlmostEquals(worstDifference(embedding, expected[name].embedding), 0, 1e-5);
    });
  });
}

// Checkpoints of the official code, where the folder that holds them is at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
const recorded = ["resnet18_w4_cifar_v2", "resnet18_w8_cifar_v2", "resnet18_w8_v1", "resnet50_w8_v2"];
for (const name of shared ? recorded : []) {
  Deno.test({
    name: `import gives the very tensors of ${name}, and its embeddings`,
    async fn() {
      const reference = join(shared!, "reference", name);
      await withFolder(async (folder) => {
        await importFile(join(reference, "checkpoint_0000.pth.tar"), join(folder, "run"));
        const { state } = await readCheckpoint(join(folder, "run"));
        const read = async (file: string) =>
          readSafetensors(await Deno.readFile(join(reference, `${file}.safetensors`))).tensors;
        const final = await read("final");
        const counters = /(num_batches_tracked|queue_ptr)$/;
        const kept = [...final.keys()].filter((name) => !counters.test(name));
        for (const name of kept.filter((name) => name !== "queue")) {
          assertEquals(state.get(name), final.get(name), name);
        }
        // The oldest key comes first.
        const [pointer] = final.get("queue_ptr")!.data;
        const { shape: [, K], data: keys } = final.get("queue")!;
        const { shape, data: queue } = state.get("queue")!;
        assertEquals(shape, final.get("queue")!.shape);
        queue.forEach((value, i) => assertEquals(value, keys[i - i % K! + (i + pointer!) % K!]));
        const imported = [...state.keys()].filter((name) => !name.startsWith("optimizer."));
        assertEquals(imported.sort(), kept.sort());

        const batches = await read("batches");
        const { shape: [steps], data } = batches.get("im_q")!;
        const size = batches.get("im_q")!.shape[3]!;
        const embeddings = await embed(join(folder, "run"), data.subarray(0, data.length / steps!), size);
        const difference = worstDifference(embeddings, batches.get("eval_embedding_of_im_q_0")!.data);
        assertAlmostEquals(difference, 0, 1e-4);
      });
    },
  });
}

Deno.test("import writes settings from the tensors, the preset and what was given", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    const given = ["--preset", "moco-v1", "--size", "32", "--mean", "0.5,0.4,0.3"];
    await importFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`, run, ...given);
    const { settings, progress, state } = await readCheckpoint(run);
    const { architecture, width, stem, head, dim, queue, temperature, size, mean, std, data } = settings;
    assertEquals({ architecture, width, stem, head, dim, queue, temperature, size, mean, std, data }, {
      ...{ architecture: "resnet18", width: 2, stem: "imagenet", head: "linear", dim: 8, queue: 16 },
      ...{ temperature: 0.07, size: 32, mean: [0.5, 0.4, 0.3], std: [0.229, 0.224, 0.225], data: "" },
    });
    assertEquals(progress, { step: 0, epoch: 3, seconds: 0, loss: null, pictures: 0 });
    const { momentumOfFcBias } = expected.official;
    assertEquals(Array.from(state.get("optimizer.fc.bias")!.data), momentumOfFcBias);
  });
});

Deno.test("import squeezes whole pictures unless it is told to cut their middle as torchvision evaluates", async () => {
  await withFolder(async (folder) => {
    const file = `${FIXTURES}official_resnet18_w2_v1.pth.tar`;
    const preprocessing = async (name: string, ...args: string[]) => {
      await importFile(file, join(folder, name), ...args);
      return preprocessingOf((await readCheckpoint(join(folder, name))).settings);
    };
    const common = { size: 224, mean: IMAGENET_MEAN, std: IMAGENET_STD };
    assertEquals(await preprocessing("squeeze"), { fit: "squeeze", ...common });
    assertEquals(await preprocessing("crop", "--fit", "crop"), { fit: "crop", shorterSide: 256, ...common });
  });
});

Deno.test("import then export makes a bundle, of the backbone alone where there is no head", async () => {
  await withFolder(async (folder) => {
    const weights = join(folder, "backbone.safetensors");
    const run = join(folder, "run");
    await importFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`, run);
    const backbone: TensorMap = new Map(
      [...(await readRun(run)).weights].filter(([name]) => !name.startsWith("fc.")),
    );
    await Deno.writeFile(weights, writeSafetensors(backbone));

    const imported = join(folder, "imported");
    const printed = await runTask(
      "import",
      weights,
      "--out",
      imported,
      "--size",
      "32",
      "--held-out",
      "24",
      "--fit",
      "crop",
    );
    assertEquals(printed.code, 0, printed.stderr);
    assert(printed.stdout.includes("torchvision: resnet18, width 2, imagenet stem, no head"), printed.stdout);

    const options = ["--run", imported, "--out", join(folder, "bundle"), "--held-out-minimum", "24"];
    const refused = await runTask("export", ...options, "--data", PHOTOS);
    assertEquals(refused.code, 1);
    assert(refused.stderr.includes("add --layer backbone"), refused.stderr);
    const without = await runTask("export", ...options, "--layer", "backbone");
    assert(without.stderr.includes("--data is required"), without.stderr);
    const exported = await runTask(
      "export",
      ...options,
      ...["--data", PHOTOS, "--layer", "backbone", "--minimum-agreement", "0"],
    );
    assertEquals(exported.code, 0, exported.stderr);
    const manifest = JSON.parse(await Deno.readTextFile(join(folder, "bundle", "manifest.json")));
    assertEquals(manifest.embedding, { dimensions: 16, layer: "backbone", pooling: "average" });
    const { fit, shorterSide } = manifest.preprocessing;
    assertEquals({ fit, shorterSide }, { fit: "crop", shorterSide: 37 });
  });
});

Deno.test("import refuses a folder that is not empty, and leaves it as it is", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "note.txt"), "mine");
    await assertRejects(
      () => importFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`, folder),
      CheckpointError,
      "received one that has note.txt",
    );
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["note.txt"]);
  });
});

Deno.test("import refuses what is no file", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "run");
    await assertRejects(() => importFile(join(folder, "none.pth"), out), SettingsError, "which is not there");
    await assertRejects(() => importFile(folder, out), SettingsError, "which is a folder");
  });
});

Deno.test("import writes nothing when a number of the encoder is not finite", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    await importFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`, run);
    const { weights } = await readRun(run);
    weights.get("layer4.1.bn2.bias")!.data[3] = NaN;
    const file = join(folder, "weights.safetensors");
    await Deno.writeFile(file, writeSafetensors(weights));
    const broken = () => importFile(file, join(folder, "broken"));
    await assertRejects(broken, CheckpointError, "encoder_q.layer4.1.bn2.bias: finite numbers are required");
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(), [
      "run",
      "weights.safetensors",
    ]);
  });
});

Deno.test("export --format safetensors writes the official code's names, which import reads back", async () => {
  await withFolder(async (folder) => {
    const [run, file, again] = ["run", "moco.safetensors", "again"].map((name) => join(folder, name));
    await importFile(`${FIXTURES}official_resnet18_w2_v1.pth.tar`, run!);
    const exported = await runTask("export", "--run", run!, "--out", file!, "--format", "safetensors");
    assertEquals(exported.code, 0, exported.stderr);
    const { tensors } = readSafetensors(await Deno.readFile(file!));
    assertEquals(tensors.get("queue")?.shape, [8, 16]);
    assertEquals(tensors.get("queue_ptr"), { shape: [1], data: Float32Array.of(0) });

    await importFile(file!, again!);
    const before = (await readCheckpoint(run!)).state;
    const { state: after, settings } = await readCheckpoint(again!);
    assertEquals([settings.head, settings.dim, settings.queue], ["linear", 8, 16]);
    for (const [name, tensor] of after) assertEquals(tensor, before.get(name), name);
    assertEquals([...before.keys()].filter((name) => !after.has(name) && !name.startsWith("optimizer.")), []);

    const twice = await runTask("export", "--run", run!, "--out", file!, "--format", "safetensors");
    assertEquals(twice.code, 1);
    assert(twice.stderr.includes("a new file is required"), twice.stderr);
  });
});

Deno.test("import says whether the run can be trained on", async () => {
  await withFolder(async (folder) => {
    const file = `${FIXTURES}official_resnet18_w2_v1.pth.tar`;
    const data = ["--data", PHOTOS, "--held-out", "8"];
    const ready = await importFile(file, join(folder, "ready"), ...data, "--batch", "8");
    assert(!ready.includes("cannot be trained on"), ready);
    const { settings, progress, state } = await readCheckpoint(join(folder, "ready"));
    assertEquals([settings.batch, settings.data, settings.heldOut], [8, PHOTOS, 8]);
    assertEquals(progress, { step: 21, epoch: 3, seconds: 0, loss: null, pictures: 56 }); // 7 steps an epoch
    // The next step replaces the oldest key, from column 21 * 8 % 16 on.
    const { data: keys } = state.get("queue")!;
    assertEquals(Array.from({ length: 8 }, (_, d) => keys[d * 16 + 8]), expected.official.oldestKey);
    const large = await importFile(file, join(folder, "large"), ...data);
    assert(large.includes("It cannot be trained on: Cannot train: --queue must be a multiple"), large);
    const lightly = await importFile(`${FIXTURES}lightly_resnet18_w2.ckpt`, join(folder, "lightly"));
    assert(lightly.includes("the file has no key encoder and queue that fit"), lightly);
  });
});
