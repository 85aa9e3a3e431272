import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeAtomically } from "../../../trainer/checkpoint/atomic.ts";

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lookalike-atomic-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const namesIn = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name);

Deno.test("writeAtomically() replaces the file's contents, also what an earlier crash left", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "state.json");
    await Deno.writeTextFile(path, "old");
    await Deno.writeTextFile(`${path}.partial`, "the longer rest of a write that was cut off");
    await writeAtomically(path, "new");
    assertEquals(await Deno.readTextFile(path), "new");
    assertEquals(namesIn(folder), ["state.json"]);
    await writeAtomically(path, new Uint8Array([1, 2, 3]));
    assertEquals([...await Deno.readFile(path)], [1, 2, 3]);
  });
});

Deno.test("writeAtomically() leaves the file to its readers whole when it is replaced", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "state.bin");
    await writeAtomically(path, new Uint8Array(100_000).fill(1));
    using reader = await Deno.open(path);
    await writeAtomically(path, new Uint8Array(10).fill(2));
    assertEquals((await new Response(reader.readable).bytes()).length, 100_000);
  });
});

Deno.test("writeAtomically() keeps the old contents when the new ones cannot be written", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "state.json");
    await writeAtomically(path, "old");
    await Deno.mkdir(`${path}.partial`); // nothing can be written under this name
    await assertRejects(() => writeAtomically(path, "new"));
    assertEquals(await Deno.readTextFile(path), "old");
  });
});
