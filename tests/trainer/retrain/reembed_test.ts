import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openDatabase } from "../../../functions/embed/store/open_database.ts";
import { SqlStore } from "../../../functions/embed/store/sql_store.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { type JobSpec, jobSpecSchema } from "../../../shared/jobs/job.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { reembedWork } from "../../../trainer/retrain/reembed_work.ts";
import { WorkFolder } from "../../../trainer/retrain/work_folder.ts";
import type { Outcome } from "../../../trainer/retrain/worker.ts";
import { photo } from "../../functions/test_app.ts";
import { put } from "../../functions/store/test_stores.ts";
import { promoted } from "../../shared/registry/candidates.ts";
import { withFolder } from "../commands/command_line.ts";

const PHOTOS = 10;

Deno.test("a job embeds the collections by the current bundle: a job for each part, which tries again what did not answer", () =>
  withFolder(async (folder) => {
    const [place, sources, file] = ["registry", "sources", "store.db"].map((name) => join(folder, name));
    const registry = new Registry(createFolderStore(place!, Deno));
    const [current] = await promoted(registry, 1);
    const database = await openDatabase({ kind: "sqlite", path: file }, console.error);
    const store = new SqlStore(database);
    await Deno.mkdir(sources!);
    for (let number = 0; number < PHOTOS; number++) {
      const bytes = await photo(number);
      await Deno.writeFile(join(sources!, `${number}.jpg`), bytes);
      await put(store, { id: `p${number}`, degrees: number * 30, sha256: await sha256Hex(bytes) });
    }
    await put(store, { id: "lost", degrees: 5 });
    await put(store, { id: "later", degrees: 6 }, { url: "https://later.invalid/p.jpg" });

    Deno.env.set("ALLOW_URLS", "later.invalid");
    using _ = { [Symbol.dispose]: () => Deno.env.delete("ALLOW_URLS") };
    const work = reembedWork(new WorkFolder(join(folder, "work")), {
      ...{ store: `sqlite://${file}`, registry: place!, sources: [sources!, "s3://shop/photos"] },
      ...{ perSecond: 100, shardPictures: 5 },
    });
    const notes: string[] = [];
    const context = {
      signal: new AbortController().signal,
      report: ({ note }: { note: string }) => notes.push(note),
    };
    const run = async (given: unknown): Promise<Outcome> => {
      const spec = jobSpecSchema.parse(given) as JobSpec & { kind: "reembed" };
      const job = { id: crypto.randomUUID(), state: "running" as const, attempts: 1, worker: "w" };
      const rest = { progress: null, result: null, error: null, filed: 0, due: 0, started: 0, ended: null };
      return await work({ ...job, ...rest, spec }, context);
    };
    const split = await run({ kind: "reembed" });
    assertEquals(split.result, { pictures: PHOTOS + 2, parts: 3 });
    assertEquals(
      split.next,
      [1, 2, 3].map((part) => ({ kind: "reembed", until: "reembed", shard: { part, of: 3 } })),
    );
    const done = await Promise.allSettled(split.next!.map(run));
    const failed = done.flatMap((each) => each.status === "rejected" ? [String(each.reason.message)] : []);
    assertEquals(failed.length, 1);
    assert(
      /1 pictures: their hosts must answer; begin again later: .*later\.invalid/.test(failed[0]!),
      failed[0],
    );
    assertEquals(
      await store.missing(current!),
      2,
      "what is embedded stays so, also where others could not be",
    );
    assert(notes.some((note) => /^pictures \d+\/\d+$/.test(note)), String(notes));

    await store.deletePicture("c", "later");
    const again = await Promise.all(split.next!.map(run));
    assertEquals(
      again.map(({ result }) => [result["bundle"], result["pictures"]]),
      Array(3).fill([current, 0]),
    );
    assertEquals(again.map(({ result }) => result["missed"] as number).toSorted(), [0, 0, 1]);
    const [named] = again.flatMap(({ result }) => result["named"] as object[]);
    assertEquals(named, { collection: "c", id: "lost", reason: "it was put without a URL" });
    await store.deletePicture("c", "lost");
    assertEquals(await run({ kind: "reembed" }), { result: { pictures: 0, parts: 0 }, next: [] });
    await database.close();
  }));
