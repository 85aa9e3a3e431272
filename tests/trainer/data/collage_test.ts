import { assertEquals } from "@std/assert";
import { RandomStream } from "../../../trainer/data/random.ts";
import { collagePartner, viewPipeline } from "../../../trainer/data/views.ts";

const SIZE = 24;
const flat = (value: number) => ({ width: 30, height: 20, data: new Uint8Array(30 * 20 * 3).fill(value) });
const recipe = { cropScale: [0.1, 0.1] as [number, number], collage: 0.5, photometric: [] };

Deno.test("a collage has from a third to two thirds of each picture, in two rectangles", async () => {
  const pipeline = await viewPipeline(recipe);
  const shapes = new Set<string>();
  for (let index = 0; index < 40; index++) {
    const view = pipeline(flat(50), SIZE, new RandomStream(1, 0, index, "query"), flat(200));
    const at = (x: number, y: number) => view[(y * SIZE + x) * 3];
    const sideBySide = at(0, 0) === at(0, SIZE - 1);
    const line = Array.from({ length: SIZE }, (_, i) => sideBySide ? at(i, 3) : at(3, i));
    const own = line.filter((value) => value === 50).length;
    assertEquals(line.filter((value) => value === 200).length, SIZE - own);
    assertEquals(line.filter((value, i) => value !== line[i - 1]).length, 2);
    assertEquals(own >= SIZE / 3 - 1 && own <= 2 * SIZE / 3 + 1, true, `${own} of ${SIZE}`);
    shapes.add(`${sideBySide} ${line[0]}`);
  }
  assertEquals(shapes.size, 4);
});

Deno.test("collagePartner() draws another picture for as many views as the recipe says", () => {
  const partners = Array.from(
    { length: 1000 },
    (_, index) => collagePartner(recipe, 7, new RandomStream(1, 0, index, "collage")),
  );
  const drawn = partners.filter((partner) => partner !== undefined);
  assertEquals(Math.abs(drawn.length - 500) < 60, true, `${drawn.length}`);
  assertEquals([...new Set(drawn)].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(
    collagePartner({ ...recipe, collage: undefined }, 7, new RandomStream(1, 0, 0, "collage")),
    undefined,
  );
});
