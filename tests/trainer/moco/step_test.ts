import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { compileMoCo, type Trainer } from "../../../trainer/moco/compiled.ts";
import { initialState } from "../../../trainer/moco/initialize.ts";
import { MoCo, type MoCoSettings, type StepInputs } from "../../../trainer/moco/moco.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { ARCHITECTURE, BATCH, createInputs, createMoCo, K } from "./small.ts";

const { tf } = await loadTensorFlow();

/** The queue as K keys. */
function keysOf(trainer: Trainer): number[][] {
  const { shape: [dim, length], data } = trainer.state().get("queue")!;
  return Array.from(
    { length: length! },
    (_, i) => Array.from({ length: dim! }, (_, d) => data[d * length! + i]!),
  );
}

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, i) => value - b[i]!));

const kinds: Record<string, (settings?: Partial<MoCoSettings>) => Promise<Trainer>> = {
  eager: (settings) => Promise.resolve(createMoCo(tf, settings)),
  compiled: (settings) => compileMoCo(tf, createMoCo(tf, settings), createInputs(tf)),
};
for (const [kind, create] of Object.entries(kinds)) {
  Deno.test(`step() replaces the queue's rows at the slots by unit keys, and no other, when ${kind}`, async () => {
    const trainer = await create();
    const before = keysOf(trainer);
    tf.dispose(Object.values(trainer.step(createInputs(tf, { pointer: 4 }))));
    const after = keysOf(trainer);
    assertEquals(after.length, K);
    after.forEach((key, row) => {
      assertAlmostEquals(Math.hypot(...key), 1, 1e-5);
      if (row >= 4 && row < 4 + BATCH) {
        assert(distance(key, before[row]!) > 1e-3, `row ${row} is the old key`);
      } else assertEquals(key, before[row]);
    });
    trainer.dispose();
  });

  Deno.test(`step() leaves a picture's own older keys out of its negatives when ${kind}`, async () => {
    const all = await createMoCo(tf);
    const [first, second] = [[0, 1, 2, 3], [1, 9, 3, 3]].map((pictures, step) => ({
      ...createInputs(tf, { pointer: step * BATCH }),
      pictures: tf.tensor2d(pictures, [BATCH, 1]),
    })) as [StepInputs, StepInputs];
    const trainer = kind === "eager"
      ? createMoCo(tf, { skipOwnKeys: true })
      : await compileMoCo(tf, createMoCo(tf, { skipOwnKeys: true }), first);
    const logits = [trainer, all].map((each) => {
      each.step(first);
      return each.step(second).logits.arraySync();
    }) as [number[][], number[][]];
    const own = [[0, 1], [2, 3], [3, 3]]; // Row of the batch, and the queue's row of the same picture's key.
    logits[1].forEach((row, r) =>
      row.forEach((wanted, column) => {
        const skipped = own.some(([a, b]) => a === r && b! + 1 === column);
        assertAlmostEquals(logits[0][r]![column]!, skipped ? wanted - 4 / 0.2 : wanted, 1e-3);
      })
    );
    assertEquals([...trainer.state().get("queue_pictures")!.data], [0, 1, 2, 3, 1, 9, 3, 3, -1, -1, -1, -1]);
    all.dispose();
    trainer.dispose();
  });

  Deno.test(`step() leaves no tensor behind but its outputs when ${kind}`, async () => {
    const trainer = await create({ bnSplits: 2 });
    const inputs = createInputs(tf);
    tf.dispose(Object.values(trainer.step(inputs)));
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const outputs = Object.values(trainer.step(inputs));
      assertEquals(tf.memory().numTensors, before + outputs.length);
      tf.dispose(outputs);
    }
    assertEquals(tf.memory().numTensors, before);
    trainer.dispose();
  });

  Deno.test(`embed() leaves one tensor and the state as it was when ${kind}`, async () => {
    const trainer = await create();
    const { im_q } = createInputs(tf);
    const state = trainer.state();
    const before = tf.memory().numTensors;
    const whole = trainer.embed(im_q);
    assertEquals(tf.memory().numTensors, before + 1);
    assertEquals(trainer.state(), state);
    // A batch that is not full gives the same embeddings.
    const part = trainer.embed(tf.slice(im_q, [0, 0, 0, 0], [3, -1, -1, -1]));
    assertEquals(part.shape, [3, 4]);
    part.dataSync().forEach((value, i) => assertAlmostEquals(value, whole.dataSync()[i]!, 1e-5));
    trainer.dispose();
  });
}

Deno.test("step() gives each picture the key of its place whatever the shuffling", () => {
  // Halves of the batch are normalised apart, so pictures that stay in their half keep their statistics.
  const keys = (shuffle: number[]) => {
    const trainer = createMoCo(tf, { bnSplits: 2 });
    tf.dispose(Object.values(trainer.step(createInputs(tf, { shuffle }))));
    const rows = keysOf(trainer).slice(0, BATCH);
    trainer.dispose();
    return rows;
  };
  const inOrder = keys([0, 1, 2, 3]);
  for (const shuffle of [[1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 0, 1]]) {
    keys(shuffle).forEach((key, row) => assert(distance(key, inOrder[row]!) < 1e-4));
  }
  // Those that change halves get other statistics: that is what shuffling is for.
  keys([0, 2, 1, 3]).forEach((key, row) => assert(distance(key, inOrder[row]!) > 1e-3));
});

Deno.test("step() counts as accurate the queries whose own key has the largest logit", () => {
  const moco = createMoCo(tf);
  const { accuracy, logits } = moco.step(createInputs(tf));
  assertEquals(logits.shape, [BATCH, 1 + K]);
  const first = (logits.arraySync() as number[][]).filter((row) => Math.max(...row) === row[0]).length;
  assertAlmostEquals(accuracy.dataSync()[0]!, first / BATCH, 1e-6);
  moco.dispose();
});

Deno.test("step() is the same from run to run, and another at another learning rate", () => {
  const after = (learningRate: number) => {
    const moco = createMoCo(tf);
    moco.step({ ...createInputs(tf), learningRate: tf.scalar(learningRate) });
    const state = moco.state();
    moco.dispose();
    return state;
  };
  assertEquals(after(0.1), after(0.1));
  assertNotEquals(after(0.1), after(0.2));
});

Deno.test("MoCo throws when the state has a queue of another size", () => {
  assertThrows(
    () => createMoCo(tf, { K: 16 }),
    RangeError,
    "a queue of [4, 16] is required: received [4,12]",
  );
});

Deno.test("compileMoCo() starts from the method's state, which tracing does not change, and goes on as eager does", async () => {
  const inputs = createInputs(tf);
  const eager = createMoCo(tf);
  const compiled = await compileMoCo(tf, createMoCo(tf), inputs);
  assertEquals(compiled.state(), eager.state());
  for (let i = 0; i < 3; i++) {
    const [a, b] = [compiled.step(inputs), eager.step(inputs)];
    assertAlmostEquals(a.loss.dataSync()[0]!, b.loss.dataSync()[0]!, 1e-4);
  }
  eager.dispose();
  compiled.dispose();
});

Deno.test("step() in mixed precision has losses close to those of float32, the same compiled as eager, and float32 weights", async () => {
  // Batch norm over the few numbers of the smallest network would make much of what is rounded.
  const architecture = { ...ARCHITECTURE, width: 8, dim: 16 };
  const [batch, queue] = [32, 64];
  const state = initialState(architecture, queue, 3);
  const create = (mixedPrecision: boolean) =>
    new MoCo(tf, {
      ...{ architecture, K: queue, m: 0.9, T: 0.2, sgdMomentum: 0.9, weightDecay: 1e-4 },
      ...{ bnSplits: 1, symmetric: false, mixedPrecision },
    }, state);
  const order = tf.range(0, batch, 1, "int32");
  const inputs: StepInputs = {
    im_q: tf.randomNormal([batch, 32, 32, 3], 0, 1, "float32", 1),
    im_k: tf.randomNormal([batch, 32, 32, 3], 0, 1, "float32", 2),
    ...{ learningRate: tf.scalar(0.03), shuffle: order, unshuffle: order },
    slots: tf.reshape(order, [batch, 1]),
  };
  const [exact, eager] = [create(false), create(true)];
  const compiled = await compileMoCo(tf, create(true), inputs);
  for (let i = 0; i < 3; i++) {
    const [wanted, close, same] = [exact, eager, compiled].map((trainer) =>
      trainer.step(inputs).loss.dataSync()[0]!
    ) as [number, number, number];
    assertAlmostEquals(close, wanted, 0.01 * wanted);
    assertAlmostEquals(same, close, 0.005 * wanted);
    assertNotEquals(close, wanted);
  }
  for (const variable of eager.variables().values()) assertEquals(variable.dtype, "float32");
  for (const trainer of [exact, eager, compiled]) trainer.dispose();
});
