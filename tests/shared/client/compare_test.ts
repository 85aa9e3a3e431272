import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Embedding, groupCopies, similarity } from "../../../shared/client.ts";

/** A vector at this angle from the first axis. */
function at(degrees: number, bundle = "a"): Embedding {
  const radians = degrees * Math.PI / 180;
  const image = { width: 1, height: 1, format: "png", sha256: String(degrees) };
  const vector = Float32Array.of(Math.cos(radians), Math.sin(radians));
  return { vector, bundle, image, uploaded: true, milliseconds: 0, serverTiming: {} };
}

Deno.test("similarity() is the cosine, and refuses vectors of two bundles", () => {
  assertAlmostEquals(similarity(at(10), at(70)), 0.5, 1e-7);
  assertThrows(() => similarity(at(10), at(10, "b")), TypeError, "received a and b");
});

Deno.test("groupCopies() joins what a chain of copies joins, in the order of the pictures", () => {
  const embeddings = [0, 90, 20, 200, 10, 30].map((degrees) => at(degrees));
  const threshold = Math.cos(15 * Math.PI / 180);
  assertEquals(groupCopies(embeddings, threshold), [[0, 2, 4, 5], [1], [3]]);
  assertEquals(groupCopies(embeddings, 1), [[0], [1], [2], [3], [4], [5]]);
  assertEquals(groupCopies([], threshold), []);
});
