import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { pack } from "tar-stream";
import type { Preprocessing } from "../../../shared/bundle.ts";
import { ListingError, listPictures } from "../../../trainer/data/listing.ts";
import { loadPictures } from "../../../trainer/data/loader.ts";
import { findPictures, type FoundPictures } from "../../../trainer/data/picture_source.ts";
import { UserModuleError } from "../../../trainer/data/user_module.ts";

const photos = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));
const names = (await listPictures(photos)).slice(0, 4);
const preprocessing: Preprocessing = { fit: "squeeze", size: 16, mean: [0, 0, 0], std: [1, 1, 1] };

async function load({ pictures, paths }: FoundPictures) {
  const skipped: [string, string][] = [];
  const skip = (path: string, reason: string) => skipped.push([path, reason]);
  const loaded = await Array.fromAsync(loadPictures(pictures, paths, preprocessing, 2, skip));
  return { loaded: loaded.map(({ pixels }) => pixels), skipped };
}

const expected = (await load({ pictures: photos, paths: names })).loaded;

async function inTemporaryFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await work(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** An archive as a tool writes it. */
async function archive(file: string, entries: [name: string, content: string | Uint8Array][]) {
  const tar = pack();
  for (const [name, content] of entries) tar.entry({ name }, content);
  tar.finalize();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of tar) parts.push(new Uint8Array(part as Uint8Array));
  await Deno.writeFile(file, new Uint8Array(await new Blob(parts).arrayBuffer()));
}

Deno.test("findPictures() finds in a .tar what it finds in a folder, when names are long or not Latin", () =>
  inTemporaryFolder(async (dir) => {
    const bytes = await Promise.all(names.map((name) => Deno.readFile(`${photos}/${name}`)));
    const long = `a/${"long ".repeat(50)}/b.jpeg`;
    await archive(`${dir}/x.tar`, [
      ["notes.txt", "no picture"],
      ["./._a.jpg", "hidden"],
      ["z.JPG", bytes[3]!],
      ["图片.png", "later replaced"],
      [long, bytes[1]!],
      ["./a/0.jpg", bytes[0]!],
      ["empty.jpg", ""],
      ["zz.jpg", bytes[2]!.subarray(0, 2000)],
      ["图片.png", bytes[2]!],
    ]);
    const found = await findPictures(`${dir}/x.tar`);
    assertEquals(found.paths, ["a/0.jpg", long, "empty.jpg", "z.JPG", "zz.jpg", "图片.png"]);
    const { loaded, skipped } = await load(found);
    assertEquals(loaded, [expected[0]!, expected[1]!, expected[3]!, expected[2]!]);
    assertEquals(skipped.map(([path]) => path), ["empty.jpg", "zz.jpg"]);
    assert(skipped[0]![1].includes("empty") && skipped[1]![1].includes("cut off"));
  }));

Deno.test("findPictures() says what is required when an archive is cut off, compressed, empty or missing", () =>
  inTemporaryFolder(async (dir) => {
    await archive(`${dir}/x.tar`, [["a.jpg", "x".repeat(5000)]]);
    await Deno.writeFile(`${dir}/cut.tar`, (await Deno.readFile(`${dir}/x.tar`)).subarray(0, 3000));
    await Deno.writeTextFile(`${dir}/page.tar`, "<html>".repeat(1000));
    await archive(`${dir}/none.tar`, [["notes.txt", "x"]]);
    const refuses = (name: string, message: string) =>
      assertRejects(() => findPictures(`${dir}/${name}`), ListingError, message);
    await refuses("cut.tar", "a whole .tar that can be read is required");
    await refuses("page.tar", "a whole .tar that can be read is required");
    await refuses("none.tar", "which has none");
    await refuses("gone.tar", "gone.tar");
    await refuses("x.tar.gz", "a .tar that is not compressed is required");
    await refuses("x.tgz", "a .tar that is not compressed is required");
  }));

Deno.test("findPictures() takes a user's set when its module has one, and names what the set cannot read", () =>
  inTemporaryFolder(async (dir) => {
    await Deno.writeTextFile(
      `${dir}/set.ts`,
      `const all = ${JSON.stringify([...names, "bad", "pixels", "wrong"])};
       export default {
         names: () => all,
         read: (name: string) => {
           if (name === "bad") throw new Error("the camera was off");
           if (name === "pixels") return { width: 16, height: 16, data: new Uint8Array(768).fill(7) };
           if (name === "wrong") return { width: 16, height: 16, data: new Uint8Array(16) };
           return Deno.readFile(${JSON.stringify(photos)} + "/" + name);
         },
       };`,
    );
    const { loaded, skipped } = await load(await findPictures(`${dir}/set.ts`));
    assertEquals(new Set(loaded), new Set([...expected, new Uint8Array(768).fill(7)]));
    assertEquals(skipped[0], ["bad", "the camera was off"]);
    assert(skipped[1]![1].includes("16 x 16 pixels of 3 bytes are required: received 16 bytes"));
  }));

Deno.test("findPictures() collects a user's stream once when its module has one", () =>
  inTemporaryFolder(async (dir) => {
    await Deno.writeTextFile(
      `${dir}/stream.ts`,
      `export default (async function* () {
         yield { name: "grey", picture: { width: 2, height: 1, data: new Uint8Array(6).fill(9) } };
         for (const name of ${JSON.stringify(names)}) {
           yield { name, picture: await Deno.readFile(${JSON.stringify(photos)} + "/" + name) };
         }
       })();`,
    );
    const { loaded, skipped } = await load(await findPictures(`${dir}/stream.ts`));
    assertEquals(loaded, [new Uint8Array(768).fill(9), ...expected]);
    assertEquals(skipped, []);
  }));

Deno.test("findPictures() says what is required when a module gives none, twice one, or cannot be imported", () =>
  inTemporaryFolder(async (dir) => {
    const module = async (name: string, text: string) => {
      await Deno.writeTextFile(`${dir}/${name}.ts`, text);
      return `${dir}/${name}.ts`;
    };
    const none = await module("none", "export default { names: () => [], read: () => new Uint8Array() };");
    const missing = await module("missing", "export const set = 1;");
    const broken = await module("broken", "throw new Error('no camera');");
    const picture = "{ name: 'a', picture: new Uint8Array(1) }";
    const twice = await module(
      "twice",
      `export default (async function* () { yield ${picture}; yield ${picture}; })();`,
    );
    await assertRejects(() => findPictures(none), ListingError, "gives none");
    await assertRejects(() => findPictures(missing), UserModuleError, "a default export");
    await assertRejects(() => findPictures(broken), UserModuleError, "no camera");
    await assertRejects(() => findPictures(twice), ListingError, "received a twice");
  }));

Deno.test("findPictures() takes those of several sources that a list names, and skips one that is gone", () =>
  inTemporaryFolder(async (dir) => {
    await archive(`${dir}/x.tar`, [["a/0.jpg", await Deno.readFile(`${photos}/${names[0]}`)]]);
    const list = (parts: unknown) => Deno.writeTextFile(`${dir}/list.json`, JSON.stringify({ parts }));
    await list([
      { name: "new", data: photos, pictures: [names[1], "gone.jpg"] },
      { name: "archive", data: `${dir}/x.tar` },
    ]);
    const found = await findPictures(`${dir}/list.json`);
    assertEquals(found.paths, ["archive/a/0.jpg", "new/gone.jpg", `new/${names[1]}`].sort());
    const { loaded, skipped } = await load(found);
    assertEquals(loaded, [expected[0]!, expected[1]!]);
    assertEquals(skipped.map(([path]) => path), ["new/gone.jpg"]);

    for (
      const wrong of [
        [],
        [{ name: "a/b", data: photos }],
        [{ name: "a", data: photos }, { name: "a", data: photos }],
        [{ name: "a", data: photos, pictures: [] }],
      ]
    ) {
      await list(wrong);
      await assertRejects(() => findPictures(`${dir}/list.json`), ListingError, "Cannot list the pictures");
    }
  }));
