import { assertEquals } from "@std/assert";
import { accuracyOf, largestClasses } from "../../../trainer/evaluate/accuracy.ts";

Deno.test("accuracyOf() counts the first guess, and the first five where they were made", () => {
  assertEquals(accuracyOf([[1], [0]], Int32Array.of(1, 1)), { top1: 0.5 });
  assertEquals(accuracyOf([[1, 2, 3, 4, 5], [0, 2, 3, 4, 5]], Int32Array.of(1, 5)), { top1: 0.5, top5: 1 });
});

Deno.test("largestClasses() names the training pictures' most frequent classes", () => {
  const train = Int32Array.of(0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5);
  assertEquals(largestClasses(train, Int32Array.of(2, 0, 5, 1), 6), { top1: 0.25, top5: 0.75 });
});
