import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { epochOrder, philox, RandomStream } from "../../../trainer/data/random.ts";

Deno.test("philox() gives the numbers that its authors publish", () => {
  // Random123, examples/kat_vectors, philox4x32 10
  assertEquals(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  assertEquals(philox([ones, ones, ones, ones], [ones, ones]), [
    0x408f276d,
    0x41c83b0e,
    0xa20bc7c6,
    0x6d5451fd,
  ]);
  assertEquals(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

Deno.test("RandomStream gives the same numbers for the same place, and others for any other", () => {
  const draw = (...place: ConstructorParameters<typeof RandomStream>) => {
    const random = new RandomStream(...place);
    return Array.from({ length: 10 }, () => random.uniform());
  };
  const first = draw(1, 2, 3, "query");
  assertEquals(draw(1, 2, 3, "query"), first);
  for (
    const other of [
      draw(0, 2, 3, "query"),
      draw(1, 0, 3, "query"),
      draw(1, 2, 0, "query"),
      draw(1, 2, 3, "key"),
    ]
  ) {
    assertNotEquals(other, first);
  }
});

Deno.test("RandomStream.uniform() spreads evenly over 0..1", () => {
  const random = new RandomStream(7, 0, 0, "query");
  const drawn = Array.from({ length: 20_000 }, () => random.uniform());
  assert(drawn.every((value) => value >= 0 && value < 1));
  assertAlmostEquals(drawn.reduce((sum, value) => sum + value) / drawn.length, 0.5, 0.01);
  assertAlmostEquals(drawn.filter((value) => value < 0.1).length / drawn.length, 0.1, 0.01);
});

Deno.test("epochOrder() visits every picture once, in another order each epoch", () => {
  const order = epochOrder(100, 5, 0);
  assertEquals([...order].sort((a, b) => a - b), Array.from({ length: 100 }, (_, index) => index));
  assertEquals(epochOrder(100, 5, 0), order);
  assertNotEquals(epochOrder(100, 5, 1), order);
});
