import { assertEquals } from "@std/assert";
import { type Content, groupByRank, type Place } from "../../../functions/embed/dedupe/group_by_rank.ts";
import { THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { dot } from "../../../shared/vector.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

const DIMENSIONS = 8;

/** Many blocks of contents in clusters, so that copies, and copies of copies, are everywhere. */
function contents(count: number): Content[] {
  const random = new RandomStream(1, 0, 0, "query");
  const centres = Array.from({ length: count / 10 }, () => direction(random));
  return Array.from({ length: count }, (_, index) => {
    const noise = direction(random);
    const vector = unit(centres[random.below(centres.length)]!.map((value, i) => value + 0.7 * noise[i]!));
    // Every third can stand in for none but those of its own size.
    const width = index % 3 === 0 ? 90 : 100;
    return { sha256: `${index}`, width, height: 100, vector };
  });
}

function direction(random: RandomStream): Float32Array {
  return unit(Float32Array.from({ length: DIMENSIONS }, () => random.uniform() * 2 - 1));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** What the rules mean, one comparison after the other. */
function expectedPlaces(all: Content[], threshold: number): Place[] {
  const places: Place[] = [];
  for (const { vector, width } of all) {
    const copies = places.flatMap((place, canonical) => {
      const score = dot(vector, all[canonical]!.vector);
      const replaceable = all[canonical]!.width === width;
      return place === null && score >= threshold ? [{ canonical, score, replaceable }] : [];
    });
    const [best] = copies.sort((a, b) => Number(b.replaceable) - Number(a.replaceable) || b.score - a.score);
    places.push(best ?? null);
  }
  return places;
}

Deno.test("groupByRank() gives every content the place that comparing all with all gives it", async () => {
  const all = contents(2500);
  const thumbnail = new Uint8Array(THUMBNAIL_BYTES).fill(128);
  let placed = 0;
  const places = await groupByRank(all, {
    threshold: 0.9,
    thumbnailOf: () => Promise.resolve(thumbnail),
    onPlaced: (count) => placed += count,
  });
  assertEquals(placed, 2500);
  const expected = expectedPlaces(all, 0.9);
  const members = expected.filter((place) => place !== null);
  assertEquals(members.length > 500 && members.some(({ replaceable }) => !replaceable), true);
  assertEquals(places, expected);
});
