import { assert, assertEquals } from "@std/assert";
import wabt from "wabt";
import { VectorScan } from "../../../functions/embed/store/vector_scan.ts";
import { dot } from "../../../shared/vector.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

const FOLDER = new URL("../../../functions/embed/store/", import.meta.url);

Deno.test("scan.wasm is what scan.wat says", async () => {
  const text = await Deno.readTextFile(new URL("scan.wat", FOLDER));
  const { parseWat } = await wabt();
  const module = parseWat("scan.wat", text, { simd: true });
  module.validate();
  assertEquals(await Deno.readFile(new URL("scan.wasm", FOLDER)), module.toBinary({}).buffer);
});

Deno.test("near() has all of the nearest, and few others, whatever came, went and how long vectors are", () => {
  for (const dimensions of [2, 100, 256]) {
    const random = new RandomStream(dimensions, 0, 0, "query");
    const scan = new VectorScan(dimensions);
    const vectors = new Map<number, Float32Array>();
    for (let id = 1; id <= 1100; id++) {
      const vector = unitVector(dimensions, random);
      scan.add(id, vector);
      vectors.set(id, vector);
      if (id % 7 !== 0) continue;
      scan.delete(id - 3);
      vectors.delete(id - 3);
    }
    const queries = Array.from({ length: 70 }, () => unitVector(dimensions, random));
    const scores = queries.map((query) =>
      [...vectors].map(([id, vector]) => ({ id, score: dot(query, vector) })).sort((a, b) =>
        b.score - a.score
      )
    );
    scan.near(queries, { threshold: -1, k: 10 }).forEach((found, i) => {
      const least = scores[i]![9]!.score;
      assert(scores[i]!.slice(0, 10).every(({ id }) => found.includes(id)));
      assert(found.every((id) => dot(queries[i]!, vectors.get(id)!) >= least - 4 * scan.margin));
    });
    scan.near(queries, { threshold: 0.1 }).forEach((found, i) => {
      assert(scores[i]!.filter(({ score }) => score >= 0.1).every(({ id }) => found.includes(id)));
      assert(found.every((id) => dot(queries[i]!, vectors.get(id)!) >= 0.1 - 2 * scan.margin));
    });
  }
});

Deno.test("near() is not misled by vectors that lie along one axis, where sums are largest", () => {
  const scan = new VectorScan(8);
  const axis = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  scan.add(1, axis);
  scan.add(2, axis.map((value) => -value));
  assertEquals(scan.near([axis], { threshold: 0.99 }), [[1]]);
  assertEquals(scan.near([axis], { threshold: -1 }), [[1, 2]]);
});

function unitVector(dimensions: number, random: RandomStream): Float32Array {
  const vector = Float32Array.from({ length: dimensions }, () => random.between(-1, 1));
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
