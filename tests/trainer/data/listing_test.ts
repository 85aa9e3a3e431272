import { assertEquals, assertRejects } from "@std/assert";
import { ListingError, listPictures } from "../../../trainer/data/listing.ts";

async function folder(files: string[]): Promise<string> {
  const dir = await Deno.makeTempDir();
  for (const file of files) {
    const slash = file.lastIndexOf("/");
    if (slash >= 0) await Deno.mkdir(`${dir}/${file.slice(0, slash)}`, { recursive: true });
    await Deno.writeTextFile(`${dir}/${file}`, "");
  }
  return dir;
}

Deno.test("listPictures() gives pictures of any depth in one order when names are as people have them", async () => {
  const dir = await folder([
    ...[
      "b.JPG",
      "a.jpeg",
      "deep/er/c.png",
      "图片 01#?.png",
      "Z.Png",
      "notes.txt",
      "clip.webp",
      "d.gif",
      "e.avif",
      "e.tif",
    ],
    ...[".hidden.jpg", "._a.jpeg", "Thumbs.db", "desktop.ini", ".DS_Store", ".cache/d.jpg", "deep/._c.png"],
  ]);
  assertEquals(await listPictures(dir), [
    ...["Z.Png", "a.jpeg", "b.JPG", "clip.webp", "d.gif", "deep/er/c.png", "e.avif", "图片 01#?.png"],
  ]);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("listPictures() follows links, but no loop, when there are some", async () => {
  const dir = await folder(["a/one.jpg", "two.jpg"]);
  const other = await folder(["three.jpg"]);
  await Deno.symlink(".", `${dir}/loop`);
  await Deno.symlink("..", `${dir}/a/up`);
  await Deno.symlink("a", `${dir}/0_same`);
  await Deno.symlink(other, `${dir}/other`);
  await Deno.symlink("gone.jpg", `${dir}/nowhere.jpg`);
  assertEquals(await listPictures(dir), ["a/one.jpg", "nowhere.jpg", "other/three.jpg", "two.jpg"]);
  await Deno.remove(dir, { recursive: true });
  await Deno.remove(other, { recursive: true });
});

Deno.test("listPictures() names the folder when it is missing, a file or without pictures", async () => {
  const dir = await folder(["notes.txt"]);
  await assertRejects(() => listPictures(dir), ListingError, "which has none");
  await assertRejects(() => listPictures(`${dir}/gone`), ListingError, `${dir}/gone (there is none)`);
  await assertRejects(() => listPictures(`${dir}/notes.txt`), ListingError, `${dir}/notes.txt`);
  await Deno.remove(dir, { recursive: true });
});
