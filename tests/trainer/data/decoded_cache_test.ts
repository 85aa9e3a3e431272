import { assertEquals } from "@std/assert";
import { allocateCache, DecodedCache } from "../../../trainer/data/decoded_cache.ts";

const picture = (width: number, height: number, value: number) => ({
  ...{ width, height },
  data: new Uint8Array(width * height * 3).fill(value),
});

Deno.test("DecodedCache gives back, also to others that share its memory, what fits in its budget", () => {
  const memory = allocateCache(5, 0.001); // 1000 bytes
  const [one, other] = [new DecodedCache(memory), new DecodedCache(memory)];
  one.put(3, picture(10, 10, 1)); // 300 bytes
  other.put(0, picture(20, 5, 2)); // 300
  one.put(1, picture(20, 10, 3)); // 600 are too many
  other.put(4, picture(5, 20, 4)); // 300 still fit
  assertEquals(other.get(3), picture(10, 10, 1));
  assertEquals(one.get(0), picture(20, 5, 2));
  assertEquals(one.get(4), picture(5, 20, 4));
  assertEquals([one.get(1), one.get(2)], [undefined, undefined]);
});
