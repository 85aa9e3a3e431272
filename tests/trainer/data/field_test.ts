import { assert, assertEquals } from "@std/assert";
import type { Preprocessing } from "../../../shared/bundle.ts";
import { listPictures } from "../../../trainer/data/listing.ts";
import { loadPictures, ViewLoader } from "../../../trainer/data/loader.ts";
import { VIEW_RECIPES } from "../../../trainer/data/recipe.ts";

// A training folder as people have them, where the folder that holds it is at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
if (shared) {
  Deno.test("loadPictures() passes over the bad files of the field's folder by name, and gives the others", async () => {
    const dir = `${shared}/field/folders/given`;
    const paths = await listPictures(dir);
    const skipped = new Map<string, string>();
    const preprocessing: Preprocessing = { fit: "squeeze", size: 32, mean: [0, 0, 0], std: [1, 1, 1] };
    const skip = (path: string, reason: string) => skipped.set(path, reason);
    const loaded = await Array.fromAsync(
      loadPictures(dir, paths, preprocessing, 1, skip),
    );
    assertEquals(loaded.length, 14);
    assertEquals([...skipped.keys()], ["cut.jpg", "page.jpg", "zero.jpg"]);
    assert(skipped.get("cut.jpg")?.includes("cut off"));
    assert(skipped.get("page.jpg")?.includes("no known kind"));
    assert(skipped.get("zero.jpg")?.includes("empty"));
  });

  Deno.test("ViewLoader goes on through the field's folder when links lead round and nowhere, and tells each bad file once", async () => {
    const dir = await Deno.makeTempDir();
    await copyFolder(`${shared}/field/folders/given`, dir);
    await Deno.symlink(".", `${dir}/a/loop`);
    await Deno.symlink("gone.jpg", `${dir}/a/link.jpg`);
    const paths = await listPictures(dir);
    assertEquals(paths.length, 18);
    const source = { pictures: dir, paths, size: 16, batch: 4, seed: 1, views: VIEW_RECIPES.v2 };
    const loader = new ViewLoader(source, { workers: 2, cacheMegabytes: 10 });
    let batches = 0;
    for await (const { indices } of loader.batches({ epoch: 0, batch: 0 })) {
      assertEquals(new Set(indices).size, 4);
      if (++batches === 3 * loader.batchesPerEpoch) break;
    }
    loader.close();
    const reasons = [...loader.skipped].toSorted(([a], [b]) => a < b ? -1 : 1);
    assertEquals(reasons.map(([path]) => path), ["a/link.jpg", "cut.jpg", "page.jpg", "zero.jpg"]);
    assert(loader.skipped.get("a/link.jpg")?.includes("no such file"));
    await Deno.remove(dir, { recursive: true });
  });
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
