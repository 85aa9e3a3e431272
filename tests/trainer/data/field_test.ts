import { assert, assertEquals } from "@std/assert";
import type { Preprocessing } from "../../../shared/bundle.ts";
import { listPictures } from "../../../trainer/data/listing.ts";
import { loadPictures } from "../../../trainer/data/loader.ts";

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
    assertEquals(loaded.length, 13);
    assertEquals([...skipped.keys()], ["cut.jpg", "page.jpg", "zero.jpg"]);
    assert(skipped.get("cut.jpg")?.includes("cut off"));
    assert(skipped.get("page.jpg")?.includes("no known kind"));
    assert(skipped.get("zero.jpg")?.includes("empty"));
  });
}
