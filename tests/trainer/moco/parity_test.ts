import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { MoCo, type MoCoSettings, type StepInputs, type StepOutputs } from "../../../trainer/moco/moco.ts";
import { missedLimits, PARITY_LIMITS, replay } from "../../../trainer/moco/parity.ts";
import { loadTensorFlow, type TensorFlow } from "../../../trainer/tensorflow/load.ts";

const { tf } = await loadTensorFlow();
const FIXTURE = fromFileUrl(new URL("../../../fixtures/reference/resnet18_w4_cifar_v2", import.meta.url));

// The larger recordings, where the folder that holds them is at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
const larger = shared
  ? ["resnet18_w8_cifar_v2", "resnet18_w8_v1", "resnet50_w8_v2"].map((name) =>
    join(shared, "reference", name)
  )
  : [];

for (const folder of [FIXTURE, ...larger]) {
  for (const eager of [false, true]) {
    const name = `${folder.split("/").at(-1)} ${eager ? "eagerly" : "compiled"}`;
    Deno.test(`replay() stays within the limits when it runs ${name}`, async () => {
      const parity = await replay(tf, folder, eager);
      assertEquals(parity.steps, 3);
      assertEquals(missedLimits(parity), [], JSON.stringify(parity));
      // The fixture leaves out the checkpoint in the official code's format.
      assertEquals(parity.minImportedCosine !== undefined, folder !== FIXTURE);
    });
  }
}

/** A method whose settings are not the recorded ones. */
function withSettings(wrong: Partial<MoCoSettings>): typeof MoCo {
  return class extends MoCo {
    constructor(...[tf, settings, state]: ConstructorParameters<typeof MoCo>) {
      super(tf, { ...settings, ...wrong }, state);
    }
  };
}

/** A method that does something else before each step. */
function withBefore(before: (moco: MoCo, inputs: StepInputs) => StepInputs | void): typeof MoCo {
  return class extends MoCo {
    override step(inputs: StepInputs): StepOutputs {
      return tf.tidy(() => super.step(before(this, inputs) ?? inputs) as never) as StepOutputs;
    }
  };
}

const mistakes: Record<string, [typeof MoCo, string]> = {
  "the key encoder's momentum is wrong": [withSettings({ m: 0.999 }), "keyError"],
  "the temperature is wrong": [withSettings({ T: 0.21 }), "firstStepLogitError"],
  "weight decay is left out": [withSettings({ weightDecay: 0 }), "queryError"],
  "the optimizer's momentum is left out": [withSettings({ sgdMomentum: 0 }), "queryError"],
  "batch norm normalises halves of the batch": [withSettings({ bnSplits: 2 }), "statisticsError"],
  "momentum is applied to batch norm's statistics too": [
    withBefore((moco) => {
      for (const [name, statistic] of moco.key.statistics) {
        const query = moco.query.statistics.get(name) as TensorFlow.Variable;
        statistic.assign(tf.add(tf.mul(statistic, 0.9), tf.mul(query, 0.1)));
      }
    }),
    "statisticsError",
  ],
  "the views change places": [
    withBefore((_, inputs) => ({ ...inputs, im_q: inputs.im_k, im_k: inputs.im_q })),
    "firstStepLogitError",
  ],
  "keys stay in shuffled order": [
    withBefore((_, inputs) => ({
      ...inputs,
      unshuffle: tf.reverse(inputs.unshuffle) as TensorFlow.Tensor1D,
    })),
    "maxQueueError",
  ],
  "keys go to the wrong place of the queue": [
    withBefore((_, inputs) => ({ ...inputs, slots: tf.reverse(inputs.slots, 0) as TensorFlow.Tensor2D })),
    "maxQueueError",
  ],
};
for (const [mistake, [Wrong, figure]] of Object.entries(mistakes)) {
  Deno.test(`replay() misses a limit when ${mistake}`, async () => {
    const missed = missedLimits(await replay(tf, FIXTURE, true, Wrong));
    assert(missed.includes(figure), `missed ${missed}`);
  });
}

Deno.test("missedLimits() counts a figure that is not a number as missed", () => {
  const parity = { steps: 3, ...PARITY_LIMITS };
  assertEquals(missedLimits(parity), []);
  assertEquals(missedLimits({ ...parity, minFinalCosine: NaN, maxLossError: NaN }), [
    "maxLossError",
    "minFinalCosine",
  ]);
});

Deno.test("missedLimits() counts the imported cosine only where there was a checkpoint to import", () => {
  const { minImportedCosine: _, ...without } = { steps: 3, ...PARITY_LIMITS };
  assertEquals(missedLimits(without), []);
  assertEquals(missedLimits({ ...without, minImportedCosine: 0.9999 }), ["minImportedCosine"]);
});

Deno.test("replay() rejects a folder without a record", async () => {
  await assertRejects(
    () => replay(tf, fromFileUrl(new URL(".", import.meta.url)), true),
    Deno.errors.NotFound,
  );
});
