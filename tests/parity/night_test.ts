import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { createFolderStore } from "../../shared/objects/folder_store.ts";
import { Registry } from "../../shared/registry/registry.ts";
import { readCheckpoint } from "../../trainer/checkpoint/run.ts";
import { openQueue } from "../../trainer/retrain/open_queue.ts";
import { startServer } from "../functions/server_process.ts";
import { answer, photo, upload } from "../functions/test_app.ts";
import { promoted } from "../shared/registry/candidates.ts";
import { copyPhotos, PHOTOS, runTask, startTask, withFolder } from "../trainer/commands/command_line.ts";

/** A training of seconds. */
const TRAIN = [
  ...["width=4", "size=32", "dim=16", "stem=cifar", "batch=8", "bn-splits=2", "queue=16", "epochs=5"],
  ...["workers=1", "checkpoint-minutes=0", "held-out=16"],
];
const EXPORT = ["held-out-minimum=16", "minimum-agreement=0.5", "calibration=16", "layer=projection"];
/** What is trained for seconds is no better than random weights, and is not asked to be. */
const LIMITS = [
  ...["copyMargin=1", "recallMargin=1", "falseCopies=1", "rankShare=0.01", "int8Agreement=0.5"],
  ...["slower=1000", "larger=1000"],
];

/** Waits until it is so, for four minutes at most. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 240_000;
  while (!await isSo()) {
    if (Date.now() > end) throw new Error(`It must come to pass that ${what}: it has not in four minutes`);
    await delay(50);
  }
}

Deno.test("a night: trained, killed, resumed by another worker, exported, passed by the gate, published, taken over under load, and rolled back", async () => {
  await withFolder(async (folder) => {
    const [place, work] = [join(folder, "registry"), join(folder, "work")];
    const store = `sqlite://${join(folder, "store.db")}`;
    const registry = new Registry(createFolderStore(place, Deno));
    const [before] = await promoted(registry, 1);
    await copyPhotos(join(folder, "held out"), 20);
    const settings = { REGISTRY: place, REGISTRY_SECONDS: "1", STORE_URL: store, WORKERS: "1", PORT: "0" };
    const server = startServer({ ...settings, LOG_LEVEL: "error" });
    const url = await server.url;
    let isOver = false;
    /** The bundles that one caller's answers were of, one after another. */
    const caller = async (number: number): Promise<string[]> => {
      const picture = await photo(number);
      const seen: string[] = [];
      while (!isOver) {
        const { model } = await answer(await fetch(url, upload(picture)));
        if (seen.at(-1) !== model) seen.push(model);
        await delay(20);
      }
      return seen;
    };
    const load = Promise.all([0, 1].map(caller));
    const served = async () => (await (await fetch(new URL("/healthz", url))).json()).bundle;

    const filed = await runTask(
      "retrain",
      ...["--store", store, "--data", PHOTOS, "--until", "publish", "--scratch"],
      ...["--train", ...TRAIN, "--export", ...EXPORT],
    );
    assertEquals(filed.code, 0, filed.stderr);
    const { id } = JSON.parse(filed.stdout);
    const startWorker = () =>
      startTask(
        "worker",
        ...[
          "--store",
          store,
          "--work",
          work,
          "--sources",
          PHOTOS,
          "--registry",
          place,
          "--poll-seconds",
          "1",
        ],
        ...["--held-out", join(folder, "held out"), "--lease-seconds", "6", "--pause-seconds", "1"],
        ...["--limit", ...LIMITS],
      );
    const step = async () =>
      (await readCheckpoint(join(work, "runs", id)).catch(() => undefined))?.progress.step ?? 0;
    const first = startWorker();
    await until("it trains", async () => await step() > 0);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = startWorker();
    const queue = await openQueue(store);
    await until("the bundle is published", async () => {
      const jobs = await queue.list({ limit: 10 });
      const failed = jobs.find(({ state }) => state === "failed");
      if (failed) throw new Error(`${failed.spec.kind}: ${failed.error}`);
      return jobs.some(({ spec, state }) => spec.kind === "publish" && state === "done");
    });
    const train = await queue.get(id);
    assert(train!.attempts > 1, "a second worker must have gone on");
    const { bundles } = await registry.state();
    const after = bundles.at(-1)!.id;
    assertEquals(bundles.map(({ id }) => id), [before, after]);
    await until("the endpoint serves it", async () => await served() === after);
    const back = await fetch(new URL("/v1/bundles/current", url), { method: "DELETE" });
    assertEquals((await back.json()).current, before);
    assertEquals(await served(), before);
    await delay(200);
    isOver = true;
    assertEquals(await load, [[before, after, before], [before, after, before]]);

    second.child.kill("SIGTERM");
    await Promise.all([second.ended, queue.close()]);
    server.stop("SIGTERM");
    assertEquals((await server.ended).code, 0);
  });
});
