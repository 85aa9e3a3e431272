import { assertAlmostEquals, assertEquals } from "@std/assert";
import { learningRateAt } from "../../../trainer/moco/schedule.ts";

Deno.test("learningRateAt() falls from the start to zero along half a cosine", () => {
  assertEquals(learningRateAt("cosine", 0.06, 0), 0.06);
  assertAlmostEquals(learningRateAt("cosine", 0.06, 1 / 3), 0.045, 1e-12);
  assertAlmostEquals(learningRateAt("cosine", 0.06, 0.5), 0.03, 1e-12);
  assertAlmostEquals(learningRateAt("cosine", 0.06, 1), 0, 1e-12);
});

Deno.test("learningRateAt() stays at zero when training goes on past its end", () => {
  assertEquals(learningRateAt("cosine", 0.06, 1.25), learningRateAt("cosine", 0.06, 1));
});

Deno.test("learningRateAt() divides by ten after 120 and 160 of 200 epochs when it falls in steps", () => {
  const epochs = [0, 119, 120, 159, 160, 199];
  const expected = [0.03, 0.03, 0.003, 0.003, 0.0003, 0.0003];
  epochs.forEach((epoch, i) =>
    assertAlmostEquals(learningRateAt("steps", 0.03, epoch / 200), expected[i]!, 1e-12)
  );
});
