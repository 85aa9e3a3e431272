import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openObjects, parseLocation } from "../../../shared/objects/location.ts";
import { trainJobSchema } from "../../../shared/jobs/job.ts";
import { findPictures } from "../../../trainer/data/picture_source.ts";
import { fileWhenNew } from "../../../trainer/retrain/file_when_new.ts";
import { listForTraining } from "../../../trainer/retrain/list_pictures.ts";
import { openQueue } from "../../../trainer/retrain/open_queue.ts";
import { parseSource, SourceError } from "../../../trainer/retrain/sources/source.ts";
import { WorkFolder } from "../../../trainer/retrain/work_folder.ts";
import { startS3 } from "../../python/s3_server.ts";
import { copyPhotos, PHOTOS, withFolder } from "../commands/command_line.ts";

const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name)
  .filter((name) => name.endsWith(".jpg")).sort();
const photo = async (number: number) => await Deno.readFile(join(PHOTOS, names[number]!));
const context = { signal: new AbortController().signal, report() {} };

Deno.test("listForTraining() takes the pictures of a bucket, a list of URLs and a folder, and fetches none twice", async () => {
  const s3 = await startS3();
  await using _ = { [Symbol.asyncDispose]: s3.close };
  for (const [name, value] of Object.entries(s3.environment)) Deno.env.set(name, value);
  const bucket = openObjects(parseLocation("s3://bucket/shop", Deno.env.get), { files: Deno, fetch });
  await bucket.put("shoes/a b.jpg", await photo(0));
  await bucket.put("notes.txt", new TextEncoder().encode("no picture"));

  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    return pathname === "/gone.jpg" ? new Response(null, { status: 404 }) : new Response(await photo(1));
  });
  await withFolder(async (folder) => {
    const here = `http://127.0.0.1:${server.addr.port}`;
    const list = join(folder, "urls.txt");
    await Deno.writeTextFile(list, `# ours\n${here}/one.jpg\n\n${here}/gone.jpg\n${here}/one.jpg\n`);
    const work = new WorkFolder(join(folder, "work"));
    const allowed = ["s3://bucket/shop", folder, PHOTOS];
    const spec = trainJobSchema.parse({ kind: "train", data: ["s3://bucket/shop/", list, PHOTOS] });
    const train = (published?: string, more = {}) => {
      const id = crypto.randomUUID();
      return listForTraining({ id, spec: { ...spec, ...more } }, { work, allowed, published, context })
        .then((listed) => ({ id, listed }));
    };
    const all = names.length + 2;
    const first = await train();
    assertEquals(first.listed, { all, new: all, taken: all, skipped: 1 });
    const found = await findPictures(work.pictures(first.id));
    assert(found.paths.some((path) => /^shop-[0-9a-f]{8}\/shoes\/a b\.jpg$/.test(path)), found.paths[0]);

    await bucket.put("shoes/c.jpg", await photo(2));
    await bucket.put("shoes/d.jpg", await photo(3));
    const second = await train(first.id, { oldPerNew: 1.5 });
    assertEquals(second.listed, { all: all + 2, new: 2, taken: 5, skipped: 1 });
    // What could not be had is asked for again, and nothing else.
    assertEquals(asked.toSorted(), ["/gone.jpg", "/gone.jpg", "/one.jpg"]);
    await assertRejects(() => train(second.id, { oldPerNew: 1 }), SourceError, "are required: all");
  });
});

Deno.test("parseSource() takes what lies below what is allowed, and nothing that would be run", async () => {
  const allowed = ["/srv/photos", "s3://shop/a"];
  for (const place of ["/srv/photos", "/srv/photos/new/", "s3://shop/a/b", "/srv/photos/x.tar"]) {
    await parseSource(place, allowed);
  }
  const refused = [
    ...["/srv/photos2", "/srv/photos/../secret", "s3://shop/ab", "s3://shop/a/../b", "s3://shop/a/%2e%2e/b"],
    ...["photos", "/srv/photos/set.ts", "/srv/photos/list.json", "https://shop/a", "s3://k:s@shop/a"],
  ];
  for (const place of refused) {
    await assertRejects(() => parseSource(place, allowed), SourceError, place.slice(0, 8));
  }
});

Deno.test("fileWhenNew() files one training when enough pictures are new since the latest", async () => {
  await withFolder(async (folder) => {
    const photos = join(folder, "photos");
    await copyPhotos(photos, 3);
    const work = new WorkFolder(join(folder, "work"));
    const queue = await openQueue(`sqlite://${join(folder, "store.db")}`);
    await using _ = { [Symbol.asyncDispose]: () => queue.close() };
    const spec = trainJobSchema.parse({ kind: "train", data: [photos] });
    const where = { work, allowed: [photos], signal: context.signal };
    const look = () => fileWhenNew(queue, spec, { atLeast: 2, ...where });
    const first = await look();
    assertEquals((await look())?.id, first?.id);

    const claim = await queue.claim("w");
    await listForTraining({ id: first!.id, spec }, { ...where, published: undefined, context });
    await queue.complete(claim!, {});
    assertEquals(await look(), undefined);
    await Deno.writeFile(join(photos, "new 1.jpg"), await photo(0));
    assertEquals(await look(), undefined);
    await Deno.writeFile(join(photos, "new 2.jpg"), await photo(0));
    assertEquals((await look())?.state, "waiting");
    assertEquals((await queue.list({ limit: 10 })).length, 2);
  });
});
