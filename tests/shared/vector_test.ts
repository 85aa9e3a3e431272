import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  cosine,
  dot,
  shorten,
  vectorFromBase64,
  vectorFromBytes,
  vectorToBase64,
  vectorToBytes,
  vectorToNumbers,
} from "../../shared/vector.ts";

const AWKWARD = Float32Array.of(0, 1 / 3, -1e-38, 3.4028235e38, 1.17549435e-38, 0.1, -123456.789);

Deno.test("vectorToBase64() writes little-endian float32, as OpenAI does", () => {
  assertEquals(vectorToBase64(Float32Array.of(1, -2)), "AACAPwAAAMA=");
  assertEquals(vectorFromBase64("AACAPwAAAMA="), Float32Array.of(1, -2));
});

Deno.test("vectorToBytes() and vectorToNumbers() keep every float32 exactly", () => {
  assertEquals(vectorFromBytes(vectorToBytes(AWKWARD)), AWKWARD);
  const text = JSON.stringify(vectorToNumbers(AWKWARD));
  assertEquals(Float32Array.from(JSON.parse(text)), AWKWARD);
});

Deno.test("vectorFromBytes() reads from the middle of a buffer, and refuses a broken length", () => {
  const bytes = new Uint8Array([9, ...vectorToBytes(Float32Array.of(0.5))]);
  assertEquals(vectorFromBytes(bytes.subarray(1)), Float32Array.of(0.5));
  assertThrows(() => vectorFromBytes(bytes), RangeError, "received 5");
});

Deno.test("cosine() is 1 for one direction, 0 for right angles, whatever the lengths", () => {
  assertAlmostEquals(cosine(Float32Array.of(1, 2), Float32Array.of(2, 4)), 1);
  assertAlmostEquals(cosine(Float32Array.of(1, 0), Float32Array.of(0, 5)), 0);
});

Deno.test("dot() refuses vectors of different lengths", () => {
  assertThrows(() => dot(Float32Array.of(1), Float32Array.of(1, 2)), RangeError, "received 1 and 2");
});

Deno.test("shorten() keeps the first values at unit length, zeros as they are, and a vector that is short enough", () => {
  const short = shorten(Float32Array.of(3, 4, 12), 2);
  assertAlmostEquals(short[0]!, 0.6, 1e-7);
  assertAlmostEquals(short[1]!, 0.8, 1e-7);
  assertEquals(shorten(Float32Array.of(0, 0, 1), 2), Float32Array.of(0, 0));
  assertEquals(shorten(AWKWARD, AWKWARD.length), AWKWARD);
});
