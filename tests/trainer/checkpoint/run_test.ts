import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import {
  CheckpointError,
  checkpointPath,
  dropCheckpoint,
  type Progress,
  readCheckpoint,
  readRun,
  writeCheckpoint,
} from "../../../trainer/checkpoint/run.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import type { Settings } from "../../../trainer/moco/settings.ts";

const SETTINGS: Settings = {
  ...{
    data: "/pictures",
    heldOut: 2,
    seed: 1,
    size: 32,
    mean: [0.4, 0.4, 0.4],
    std: [0.2, 0.2, 0.2],
    views: "v2",
  },
  ...{ architecture: "resnet18", width: 4, stem: "cifar", head: "mlp", dim: 8 },
  ...{ batch: 4, bnSplits: 2, queue: 8, keyMomentum: 0.9, temperature: 0.2, symmetric: false },
  ...{
    precision: "float32",
    learningRate: 0.1,
    schedule: "cosine",
    sgdMomentum: 0.9,
    weightDecay: 1e-4,
    epochs: 2,
    minutes: null,
  },
};
const STATE: TensorMap = new Map([
  ["encoder_q.conv1.weight", { shape: [2], data: new Float32Array([1, 2]) }],
  ["encoder_k.conv1.weight", { shape: [2], data: new Float32Array([3, 4]) }],
  ["queue", { shape: [1, 1], data: new Float32Array([1]) }],
]);

function progressAt(step: number): Progress {
  return { step, epoch: step / 10, seconds: 1.5 * step, loss: 2.5, pictures: 40 };
}

/** Gives a folder with settings, and no checkpoint yet, to `test`. */
async function withRun(test: (run: string) => Promise<void>): Promise<void> {
  const run = await Deno.makeTempDir({ prefix: "lookalike-run-" });
  try {
    await Deno.writeTextFile(join(run, "settings.json"), JSON.stringify(SETTINGS));
    await test(run);
  } finally {
    await Deno.remove(run, { recursive: true });
  }
}

const namesIn = (run: string) => Array.from(Deno.readDirSync(run), ({ name }) => name).sort();

Deno.test("readCheckpoint() gives back settings, tensors and progress of the latest checkpoint", async () => {
  await withRun(async (run) => {
    await writeCheckpoint(
      run,
      new Map([["queue", { shape: [1], data: new Float32Array(1) }]]),
      progressAt(1),
    );
    await writeCheckpoint(run, STATE, progressAt(12));
    assertEquals(checkpointPath(run, 12), join(run, "checkpoint-00000012.safetensors"));
    assertEquals(await readCheckpoint(run), { settings: SETTINGS, state: STATE, progress: progressAt(12) });
  });
});

Deno.test("readCheckpoint() takes a run of before there was another precision as one of float32", async () => {
  await withRun(async (run) => {
    const { precision: _, ...old } = SETTINGS;
    await Deno.writeTextFile(join(run, "settings.json"), JSON.stringify(old));
    await writeCheckpoint(run, STATE, progressAt(1));
    assertEquals((await readCheckpoint(run)).settings, SETTINGS);
  });
});

Deno.test("readRun() gives the query encoder's tensors by their names within it", async () => {
  await withRun(async (run) => {
    await writeCheckpoint(run, STATE, progressAt(1));
    const { weights, architecture } = await readRun(run);
    assertEquals([...weights], [["conv1.weight", STATE.get("encoder_q.conv1.weight")!]]);
    assertEquals([architecture.width, architecture.stem, architecture.dim], [4, "cifar", 8]);
  });
});

Deno.test("writeCheckpoint() keeps the last three, and nothing that a crash left, but all other files", async () => {
  await withRun(async (run) => {
    for (const step of [1, 2, 3]) await writeCheckpoint(run, STATE, progressAt(step));
    const leftovers = [
      "checkpoint-00000004.safetensors",
      "checkpoint-00000005.safetensors.partial",
      "checkpoint.json.partial",
    ];
    for (const name of [...leftovers, "metrics.jsonl", "checkpoint-mine.safetensors"]) {
      await Deno.writeTextFile(join(run, name), "cut");
    }
    assertEquals((await readCheckpoint(run)).progress.step, 3);
    await writeCheckpoint(run, STATE, progressAt(6));
    assertEquals(namesIn(run), [
      ...[2, 3, 6].map((step) => basename(checkpointPath(run, step))),
      ...["checkpoint-mine.safetensors", "checkpoint.json", "metrics.jsonl", "settings.json"],
    ]);
    assertEquals((await readCheckpoint(run)).progress.step, 6);
  });
});

Deno.test("writeCheckpoint() keeps the best by kNN besides, of equal ones the newest", async () => {
  await withRun(async (run) => {
    const knns = [undefined, 0.5, 0.7, 0.7, 0.6, undefined, 0.65, 0.2];
    const bests: (string | undefined)[] = [];
    for (const [step, knn] of knns.entries()) {
      bests.push((await writeCheckpoint(run, STATE, progressAt(step), knn))?.file);
    }
    const best = (step: number) => basename(checkpointPath(run, step));
    assertEquals(bests, [undefined, best(1), best(2), ...Array(5).fill(best(3))]);
    assertEquals(
      namesIn(run).filter((name) => /^checkpoint-/.test(name)),
      [3, 5, 6, 7].map((step) => basename(checkpointPath(run, step))),
    );
  });
});

Deno.test("writeCheckpoint() refuses numbers that are not finite, and leaves the checkpoint before as it is", async () => {
  await withRun(async (run) => {
    await writeCheckpoint(run, STATE, progressAt(1));
    const names = namesIn(run);
    for (const wrong of [NaN, Infinity]) {
      const state = new Map([...STATE, ["queue", { shape: [1, 1], data: new Float32Array([wrong]) }]]);
      await assertRejects(
        () => writeCheckpoint(run, state, progressAt(2)),
        CheckpointError,
        `Cannot write a checkpoint: finite numbers are required: received ${wrong} in queue`,
      );
    }
    assertEquals(namesIn(run), names);
    assertEquals(await readCheckpoint(run), { settings: SETTINGS, state: STATE, progress: progressAt(1) });
  });
});

Deno.test("writeCheckpoint() replaces a checkpoint of the same step", async () => {
  await withRun(async (run) => {
    await writeCheckpoint(run, STATE, progressAt(2));
    await writeCheckpoint(run, STATE, { ...progressAt(2), seconds: 99 });
    assertEquals((await readCheckpoint(run)).progress.seconds, 99);
  });
});

Deno.test("dropCheckpoint() goes back to the checkpoint before, and knows the best no more if it was the one dropped", async () => {
  await withRun(async (run) => {
    for (const [step, knn] of [[1, 0.5], [2, 0.4], [3, 0.6]] as const) {
      await writeCheckpoint(run, STATE, progressAt(step), knn);
    }
    assertEquals(await dropCheckpoint(run), { progress: progressAt(2), best: undefined });
    assertEquals((await readCheckpoint(run)).progress, progressAt(2));
    const checkpoints = () => namesIn(run).filter((name) => /^checkpoint-/.test(name));
    assertEquals(checkpoints(), [1, 2].map((step) => basename(checkpointPath(run, step))));

    // The one that is best stays when another is dropped.
    const best = { file: basename(checkpointPath(run, 3)), knn: 0.6 };
    assertEquals(await writeCheckpoint(run, STATE, progressAt(3), 0.6), best);
    await writeCheckpoint(run, STATE, progressAt(4), 0.1);
    assertEquals(await dropCheckpoint(run), { progress: progressAt(3), best });
  });
});

Deno.test("dropCheckpoint() leaves the only checkpoint, and a folder without any, as they are", async () => {
  await withRun(async (run) => {
    assertEquals(await dropCheckpoint(run), undefined);
    await writeCheckpoint(run, STATE, progressAt(1));
    const names = namesIn(run);
    assertEquals(await dropCheckpoint(run), undefined);
    assertEquals(namesIn(run), names);
    assertEquals((await readCheckpoint(run)).progress, progressAt(1));
  });
});

/** Spoils a run that has a checkpoint, and returns what reading it says. */
async function messageAfter(spoil: (run: string) => Promise<void>): Promise<string> {
  let message = "";
  await withRun(async (run) => {
    await writeCheckpoint(run, STATE, progressAt(3));
    await spoil(run);
    const error = await assertRejects(() => readCheckpoint(run), CheckpointError);
    message = error.message.replaceAll(run, "RUN");
  });
  return message;
}

const TENSORS = "checkpoint-00000003.safetensors";

Deno.test("readCheckpoint() says what the folder lacks when it is no run, or has no checkpoint", async () => {
  for (const name of ["settings.json", "checkpoint.json"]) {
    assertEquals(
      await messageAfter((run) => Deno.remove(join(run, name))),
      `Cannot read the run RUN: a folder that "deno task train" wrote is required: it has no ${name}`,
    );
  }
  assertStringIncludes(
    await messageAfter((run) => Deno.remove(run, { recursive: true }).then(() => Deno.mkdir(run))),
    "settings.json",
  );
});

Deno.test("readCheckpoint() names the tensors' file when it is missing or cut", async () => {
  assertEquals(
    await messageAfter((run) => Deno.remove(join(run, TENSORS))),
    `Cannot read the checkpoint RUN/${TENSORS}: there is no such file`,
  );
  assertStringIncludes(
    await messageAfter((run) => Deno.truncate(join(run, TENSORS), 200)),
    `Cannot read the checkpoint RUN/${TENSORS}: Cannot read safetensors:`,
  );
});

Deno.test("readCheckpoint() names the file that is not JSON, and the value that is not valid", async () => {
  for (const name of ["settings.json", "checkpoint.json"]) {
    assertEquals(
      await messageAfter((run) => Deno.writeTextFile(join(run, name), '{"step":')),
      `Cannot read RUN/${name}: JSON is required`,
    );
  }
  const wrong = await messageAfter((run) =>
    Deno.writeTextFile(join(run, "settings.json"), JSON.stringify({ ...SETTINGS, width: 0, depth: 3 }))
  );
  assertStringIncludes(wrong, "Cannot read RUN/settings.json: it is not valid");
  assertStringIncludes(wrong, "width");
  assertStringIncludes(wrong, "depth");
});
