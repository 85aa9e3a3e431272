import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { runPython } from "../../python/packages.ts";
import { copyPhotos, runTask, withFolder } from "../../trainer/commands/command_line.ts";
import { answer, photo, upload, withApp } from "../test_app.ts";

const BUNDLE = fromFileUrl(new URL("../../../fixtures/bundle", import.meta.url));
const PHOTOS = 3;

Deno.test("deno task embed writes what the endpoint answers, for NumPy and as lines of JSON", async () => {
  await withFolder(async (folder) => {
    const pictures = join(folder, "pictures");
    await copyPhotos(pictures, PHOTOS);
    const embed = async (out: string) => {
      const options = ["--bundle", BUNDLE, "--store", join(folder, "store.db"), "--workers", "1"];
      const { code, stdout, stderr } = await runTask(
        "embed",
        pictures,
        "--out",
        join(folder, out),
        ...options,
      );
      assertEquals(code, 0, stderr);
      return stdout;
    };
    assertStringIncludes(await embed("all.npy"), "3 embeddings, 3 of them new");
    assertStringIncludes(await embed("all.jsonl"), "3 embeddings, 0 of them new");

    const lines = (await Deno.readTextFile(join(folder, "all.jsonl"))).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    const paths = Array.from({ length: PHOTOS }, (_, number) => join(pictures, `scenes_0${number}.jpg`));
    assertEquals(lines.map(({ path }) => path), paths);
    await withApp(async ({ request }) => {
      for (const [number, { embedding, sha256, width }] of lines.entries()) {
        const { data: [item] } = await answer(await request("/v1/embeddings", upload(await photo(number))));
        assertEquals(embedding, item!.embedding);
        assertEquals([sha256, width], [item!.image.sha256, item!.image.width]);
      }
    });

    assertEquals(JSON.parse(await Deno.readTextFile(join(folder, "all.paths.json"))), paths);
    const [type, shape, inOrder, values] = JSON.parse(
      await runPython("read_npy.py", join(folder, "all.npy")),
    );
    assertEquals([type, shape, inOrder], ["<f4", [PHOTOS, lines[0].embedding.length], true]);
    const float = (row: number[]) => [...Float32Array.from(row)];
    assertEquals(values.map(float), lines.map(({ embedding }) => float(embedding)));
  });
});

Deno.test("deno task embed writes files of two kinds only", async () => {
  const { code, stderr } = await runTask("embed", ".", "--out", "vectors.csv");
  assertEquals(code, 1);
  assertStringIncludes(stderr, '--out must end in .npy or .jsonl: received "vectors.csv"');
});
