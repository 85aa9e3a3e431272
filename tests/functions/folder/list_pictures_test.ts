import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { FolderError, listPictures } from "../../../functions/embed/folder/list_pictures.ts";
import { PHOTOS, withFolder } from "../../trainer/commands/command_line.ts";

const PHOTO = await Deno.readFile(join(PHOTOS, "scenes_00.jpg"));

Deno.test("listPictures() follows links without going round, counts a file once, and passes hidden ones over", async () => {
  await withFolder(async (folder) => {
    const within = (name: string) => join(folder, name);
    await Deno.mkdir(within("日本/é <b>"), { recursive: true });
    await Deno.mkdir(within(".hidden"));
    const names = ["日本/é <b>/фото.JPG", "b.webp", "a.heic", "without extension"];
    for (const name of [...names, ".hidden/a.jpg", ".b.jpg", "Thumbs.db"]) {
      await Deno.writeFile(within(name), PHOTO);
    }
    await Deno.writeTextFile(within("notes.txt"), "no picture");
    await Deno.writeTextFile(within("empty"), "");
    await Deno.symlink("..", within("日本/loop"));
    await Deno.symlink("b.webp", within("0 link.webp"));
    await Deno.symlink("nowhere", within("dangling.png"));
    await Deno.link(within("b.webp"), within("hard link.webp"));

    const { files, skipped } = await listPictures([folder, within("日本")]);
    assertEquals(files.map(({ path }) => path), names.map(within).sort());
    assertEquals(files.map(({ bytes }) => bytes), files.map(() => PHOTO.length));
    assertEquals(skipped, [{ path: within("dangling.png"), reason: "there is none" }]);
  });
});

Deno.test("listPictures() takes a folder that is a link itself, and none that is not there or a file", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "photos"));
    await Deno.writeFile(join(folder, "photos", "a.jpg"), PHOTO);
    await Deno.symlink("photos", join(folder, "link"));
    const { files } = await listPictures([join(folder, "link")]);
    assertEquals(files.map(({ path }) => path), [join(folder, "link", "a.jpg")]);

    const missing = await assertRejects(() => listPictures([join(folder, "gone")]), FolderError);
    assertStringIncludes(missing.message, "gone: there is none");
    const file = await assertRejects(() => listPictures([join(folder, "photos", "a.jpg")]), FolderError);
    assertStringIncludes(file.message, "a.jpg: it is no folder");
  });
});
