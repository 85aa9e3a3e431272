import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeImage } from "../../../shared/image/decode.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { PHOTOS, runTask, withFolder } from "../../trainer/commands/command_line.ts";

const BUNDLE = fromFileUrl(new URL("../../../fixtures/bundle", import.meta.url));

interface Group {
  canonical: { path: string };
  members: { path: string; exact: boolean; replaceable: boolean; saves: number }[];
  saves: number;
}

const photo = async (number: number) => await Deno.readFile(join(PHOTOS, `scenes_0${number}.jpg`));

/** Four photos; of the first a copy of the same bytes and one saved again; two files that are none. */
async function writePictures(folder: string): Promise<void> {
  await Deno.mkdir(join(folder, "日本"));
  for (let number = 0; number < 4; number++) {
    await Deno.writeFile(join(folder, `${number}.jpg`), await photo(number));
  }
  await Deno.writeFile(join(folder, "日本", `<img src=x> & "twin".jpg`), await photo(0));
  const { pixels } = await decodeImage(await photo(0), { maxPixels: 1e6 });
  await Deno.writeFile(join(folder, "saved again.jpg"), await encodeJpeg(pixels, 60));
  await Deno.writeFile(join(folder, "cut off.jpg"), (await photo(1)).subarray(0, 2000));
  await Deno.writeTextFile(join(folder, "text.png"), "no picture");
}

Deno.test("deno task dedupe finds copies of other bytes and of the same, says what it skipped, and embeds each picture once", async () => {
  await withFolder(async (folder) => {
    const pictures = join(folder, "pictures");
    await Deno.mkdir(pictures);
    await writePictures(pictures);
    const html = join(folder, "gallery.html");
    const before = [...Deno.readDirSync(pictures)].length;
    const dedupe = async (...args: string[]) => {
      const store = ["--store", join(folder, "store.db"), "--bundle", BUNDLE];
      return await runTask("dedupe", pictures, ...store, "--threshold", "0.99", "--workers", "1", ...args);
    };

    const first = await dedupe("--json", "--html", html);
    assertEquals(first.code, 0, first.stderr);
    const { groups, skipped, ...totals }: { groups: Group[]; skipped: { path: string }[] } = JSON.parse(
      first.stdout,
    );
    const [group] = groups;
    assertEquals(groups.length, 1);
    assertEquals(group!.canonical.path, join(pictures, "0.jpg"));
    const bytes = (path: string) => Deno.statSync(path).size;
    const twin = join(pictures, "日本", `<img src=x> & "twin".jpg`);
    const saved = join(pictures, "saved again.jpg");
    assertEquals(
      group!.members.map(({ path, exact, replaceable, saves }) => ({ path, exact, replaceable, saves })),
      [
        { path: twin, exact: true, replaceable: true, saves: bytes(twin) },
        { path: saved, exact: false, replaceable: true, saves: bytes(saved) },
      ],
    );
    const { pictures: count, copies, replaceable, bytes_saved, embedded } = totals as Record<string, unknown>;
    assertEquals({ count, copies, replaceable, bytes_saved, embedded }, {
      ...{ count: 6, copies: 2, replaceable: 2, bytes_saved: bytes(twin) + bytes(saved), embedded: 5 },
    });
    assertEquals(skipped.map(({ path }) => path), [
      join(pictures, "cut off.jpg"),
      join(pictures, "text.png"),
    ]);
    assertStringIncludes(first.stderr, "2 skipped");

    const page = await Deno.readTextFile(html);
    assertEquals(page.match(/<figure/g)?.length, 3);
    assertEquals(page.match(/<img src="data:image\/jpeg;base64,/g)?.length, 3);
    assertEquals(/<img src=x>|<script|https?:/.test(page), false);

    await Deno.writeFile(join(pictures, "new.jpg"), await photo(4));
    const second = await dedupe();
    assertEquals(second.code, 0, second.stderr);
    assertStringIncludes(second.stdout, "7 pictures");
    assertMatch(second.stdout, /same bytes +1\.000/);
    const third = JSON.parse((await dedupe("--json", "--prefer", join(pictures, "日本"))).stdout);
    assertEquals(third.embedded, 0);
    assertEquals(third.groups[0].canonical.path, twin);
    assertEquals([...Deno.readDirSync(pictures)].length, before + 1);
  });
});

Deno.test("deno task dedupe says what it cannot work with", async () => {
  const [missing, threshold, none] = await Promise.all([
    runTask("dedupe", "/nowhere"),
    runTask("dedupe", PHOTOS, "--threshold", "2"),
    runTask("dedupe"),
  ]);
  assertEquals([missing.code, threshold.code, none.code], [1, 1, 1]);
  assertStringIncludes(missing.stderr, "a folder that can be read is required: received /nowhere");
  assertStringIncludes(threshold.stderr, "A number from -1 to 1 is required");
  assertStringIncludes(none.stderr, "missing required argument 'dir'");
});
