import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Preprocessing } from "../../../shared/bundle.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { fitPixels } from "../../../shared/image/preprocess.ts";
import { listPictures } from "../../../trainer/data/listing.ts";
import { type BatchPlace, loadPictures, type ViewBatch, ViewLoader } from "../../../trainer/data/loader.ts";
import { epochOrder, RandomStream } from "../../../trainer/data/random.ts";
import { VIEW_RECIPES } from "../../../trainer/data/recipe.ts";
import type { ViewSource } from "../../../trainer/data/view_maker.ts";
import { parseViews } from "../../../trainer/data/views.ts";

const photos = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));
const paths = (await listPictures(photos)).slice(0, 14);
const source: ViewSource = { pictures: photos, paths, size: 16, batch: 4, seed: 3, views: VIEW_RECIPES.v2 };

async function take(loader: ViewLoader, count: number, from: BatchPlace = { epoch: 0, batch: 0 }) {
  const taken: ViewBatch[] = [];
  for await (const batch of loader.batches(from)) {
    // Copied, since the loader uses the memory again.
    if (taken.push({ ...batch, query: batch.query.slice(), key: batch.key.slice() }) === count) break;
  }
  loader.close();
  return taken;
}

Deno.test("ViewLoader gives two different views of each picture in the epoch's order, without a partial batch", async () => {
  const loader = new ViewLoader(source, { workers: 2 });
  assertEquals(loader.batchesPerEpoch, 3);
  const batches = await take(loader, 4);
  assertEquals(batches.map(({ epoch, batch }) => [epoch, batch]), [[0, 0], [0, 1], [0, 2], [1, 0]]);
  const order = epochOrder(14, 3, 0);
  assertEquals(batches.slice(0, 3).flatMap(({ indices }) => [...indices]), [...order.subarray(0, 12)]);
  for (const { query, key } of batches) {
    assertEquals([query.length, key.length], [4 * 16 * 16 * 3, 4 * 16 * 16 * 3]);
    assertNotEquals(query, key);
  }
});

Deno.test("ViewLoader gives the same batches whatever the workers, and when it resumes", async () => {
  const all = await take(new ViewLoader(source, { workers: 1 }), 5);
  assertEquals(await take(new ViewLoader(source, { workers: 2 }), 5), all);
  assertEquals(await take(new ViewLoader(source, { workers: 2 }), 2, { epoch: 1, batch: 0 }), all.slice(3));
});

Deno.test("ViewLoader gives the same batches when decoded pictures are cached, all or some of them", async () => {
  const all = await take(new ViewLoader(source, { workers: 1 }), 7);
  for (const cacheMegabytes of [0.3, 50]) {
    assertEquals(await take(new ViewLoader(source, { workers: 2, cacheMegabytes }), 7), all);
  }
});

Deno.test("ViewLoader gives a user's views when its source names a module", async () => {
  const module = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    module,
    "export default (picture, size, random) => new Uint8Array(size * size * 3).fill(1 + random.below(200));",
  );
  const [batch] = await take(new ViewLoader({ ...source, views: parseViews(module) }, { workers: 2 }), 1);
  const random = new RandomStream(3, 0, 1, "key");
  assertEquals(batch!.key[16 * 16 * 3], 1 + random.below(200));
  await Deno.writeTextFile(module, "export default () => new Uint8Array(5);");
  const wrong = new ViewLoader({ ...source, views: `${parseViews(module)}?2` }, { workers: 1 });
  await assertRejects(() => take(wrong, 1), Error, "16 x 16 x 3 bytes are required: received 5");
  wrong.close();
  await Deno.remove(module);
});

Deno.test("ViewLoader replaces unreadable files, and tells them with the reason", async () => {
  const dir = await Deno.makeTempDir();
  for (const path of paths.slice(0, 8)) await Deno.copyFile(`${photos}/${path}`, `${dir}/${path}`);
  await Deno.writeTextFile(`${dir}/empty.jpg`, "");
  await Deno.writeTextFile(`${dir}/page.jpg`, "<html></html>");
  const bytes = await Deno.readFile(`${photos}/${paths[0]}`);
  await Deno.writeFile(`${dir}/cut.jpg`, bytes.subarray(0, 3000));
  const broken = ["empty.jpg", "page.jpg", "cut.jpg", "gone.jpg"];
  const mixed = { ...source, pictures: dir, paths: [...paths.slice(0, 8), ...broken] };

  const loader = new ViewLoader(mixed, { workers: 2 });
  const batches = await take(loader, 6);
  for (const { indices } of batches) {
    assert(indices.every((index) => index < 8));
    assertEquals(new Set(indices).size, 4);
  }
  assertEquals([...loader.skipped.keys()].sort(), broken.toSorted());
  assert(loader.skipped.get("cut.jpg")?.includes("cut off"));
  assert(loader.skipped.get("empty.jpg")?.includes("empty"));
  assert(loader.skipped.get("page.jpg")?.includes("no known kind"));
  assert(loader.skipped.get("gone.jpg")?.includes("no such file"));
  assertEquals(await take(new ViewLoader(mixed, { workers: 1 }), 6), batches);

  const poor = new ViewLoader({ ...mixed, paths: [...paths.slice(0, 3), ...broken] }, { workers: 1 });
  await assertRejects(() => take(poor, 1), Error, "4 readable pictures are required: received 3");
  poor.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("ViewLoader throws when a batch is larger than the folder, or there is no worker", () => {
  assertThrows(() => new ViewLoader({ ...source, batch: 28 }, { workers: 1 }), RangeError, "received 14");
  assertThrows(() => new ViewLoader(source, { workers: 0 }), RangeError, "received 0");
});

Deno.test("ViewLoader rejects, and does not hang, when it is closed while batches are made", async () => {
  const loader = new ViewLoader(source, { workers: 1 });
  const batches = loader.batches({ epoch: 0, batch: 0 });
  await batches.next();
  loader.close();
  await assertRejects(
    async () => {
      for (;;) await batches.next();
    },
    Error,
    "closed",
  );
});

Deno.test("loadPictures() gives whole pictures in the given order, and tells what it leaves out", async () => {
  const preprocessing: Preprocessing = { fit: "squeeze", size: 24, mean: [0, 0, 0], std: [1, 1, 1] };
  const given = [...paths.slice(0, 5).toReversed(), "gone.jpg", ...paths.slice(5)];
  const skipped: string[] = [];
  const loaded: { path: string; pixels: Uint8Array }[] = [];
  const pictures = loadPictures(
    photos,
    given,
    preprocessing,
    2,
    (path) => skipped.push(path),
  );
  for await (const picture of pictures) loaded.push(picture);
  assertEquals(loaded.map(({ path }) => path), given.filter((path) => path !== "gone.jpg"));
  assertEquals(skipped, ["gone.jpg"]);
  const { pixels } = await decodeImage(await Deno.readFile(`${photos}/${given[0]}`), {
    maxPixels: 1e6,
    cover: 24,
  });
  assertEquals(loaded[0]?.pixels, fitPixels(pixels, preprocessing));
});
