import { assertEquals } from "@std/assert";
import { largest } from "../../trainer/largest.ts";

Deno.test("largest() orders by value, and equal values by index", () => {
  assertEquals(largest([1, 5, 5, 0, 7], 3), [4, 1, 2]);
  assertEquals(largest([0, 0], 5), [0, 1]);
});
