import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { encodeHex } from "@std/encoding/hex";
import { join } from "@std/path";
import { hashKey, type Right } from "../../functions/embed/access/key.ts";
import { collectionSchema } from "../../shared/collections_api.ts";
import type { JobKind } from "../../shared/jobs/job.ts";
import { type JobResponse, jobSchema, jobsSchema } from "../../shared/jobs/job_api.ts";
import { createFolderStore } from "../../shared/objects/folder_store.ts";
import { Registry } from "../../shared/registry/registry.ts";
import { readCheckpoint } from "../../trainer/checkpoint/run.ts";
import { startServer } from "../functions/server_process.ts";
import { answer, json, refusal, upload } from "../functions/test_app.ts";
import { promoted } from "../shared/registry/candidates.ts";
import { startTask, withFolder } from "../trainer/commands/command_line.ts";
import { writePhotos } from "../trainer/data/write_photos.ts";

const PHOTOS = 400;

/** A training of seconds. */
const NIGHT = {
  kind: "train",
  until: "reembed",
  start: "scratch",
  options: {
    ...{ width: 4, size: 32, dim: 16, stem: "cifar", batch: 32, "bn-splits": 2, queue: 64, epochs: 3 },
    ...{ workers: 1, "checkpoint-minutes": 0, "held-out": 16 },
  },
  export: { "held-out-minimum": 16, "minimum-agreement": 0.5, calibration: 16, layer: "projection" },
};
/** What is trained for seconds is no better than random weights, and is not asked to be. */
const LIMITS = [
  ...["copyMargin=1", "recallMargin=1", "falseCopies=1", "rankShare=0.01", "int8Agreement=0.5"],
  ...["slower=1000", "larger=1000"],
];
/** Pictures of a job that embeds: 400 are three parts. */
const SHARD = 150;

/** A key that has these rights, as API_KEYS names it. */
const keyOf = (name: string, ...rights: Right[]) =>
  `${name} sha256:${encodeHex(hashKey(name))} ${rights.join(" ")}`;
const KEYS = [
  keyOf("app", "embed", "collections-read", "collections-write"),
  keyOf("nightly", "jobs", "bundles-write"),
];

/** A moment is as long as the machine has other work, but not longer than this. */
const MOST_MINUTES = 15;

/**
 * Callers who ask again and again until they are told to stop, of whom nobody may notice anything.
 *
 * @param models each asks once, and says which bundle the answer was of
 */
class Callers {
  /** Which bundles the answers of each were of, one after another. */
  readonly seen: string[][];
  #isOver = false;
  #failure: unknown;
  readonly #all: Promise<unknown>;

  constructor(...models: ((turn: number) => Promise<string>)[]) {
    this.seen = models.map(() => []);
    this.#all = Promise.all(models.map((model, i) => this.#ask(model, this.seen[i]!)));
    this.#all.catch((error) => this.#failure = error);
  }

  async #ask(model: (turn: number) => Promise<string>, seen: string[]): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const id = await model(turn);
      if (seen.at(-1) !== id) seen.push(id);
      await delay(100);
    }
  }

  /** Waits until something is so; throws if a caller has no answer, or it takes too long. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + MOST_MINUTES * 60_000; !await isSo(); await delay(300)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (Date.now() > end) {
        throw new Error(`It must come to pass that ${what}: not in ${MOST_MINUTES} minutes`);
      }
    }
  }

  /** Has them stop; throws if one had no answer. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#all;
  }
}

Deno.test("a night: 400 photos, a job over HTTP, training killed and resumed by another worker, passed by the gate, published, taken over under load, collections embedded anew, rolled back", async () => {
  await withFolder(async (folder) => {
    const [place, work, photos, heldOut] = ["registry", "work", "photos", "held-out"]
      .map((name) => join(folder, name)) as [string, string, string, string];
    const store = `sqlite://${join(folder, "store.db")}`;
    await writePhotos({ [photos]: PHOTOS, [heldOut]: 20 });
    const registry = new Registry(createFolderStore(place, Deno));
    const [before] = await promoted(registry, 1);
    const server = startServer({
      ...{ REGISTRY: place, REGISTRY_SECONDS: "1", STORE_URL: store, WORKERS: "1", PORT: "0" },
      ...{ LOG_LEVEL: "error", API_KEYS: KEYS.join(";") },
    });
    const url = await server.url;
    const ask = (key: string, path: string, { headers, ...init }: RequestInit = {}) =>
      fetch(new URL(path, url), {
        ...init,
        headers: { ...headers as Record<string, string>, Authorization: `Bearer ${key}` },
      });
    const bytesOf = (number: number) => Deno.readFile(join(photos, `${String(number).padStart(4, "0")}.jpg`));

    // The shop's pictures: those that will be trained on.
    const numbers = Array.from({ length: PHOTOS }, (_, number) => number);
    const put = async (number: number) => {
      const init = { ...upload(await bytesOf(number)), method: "PUT" };
      const response = await ask("app", `/v1/collections/shop/images/${number}`, init);
      assertEquals(response.status, 201, await response.text());
    };
    for await (const _ of pooledMap(4, numbers, put));

    const callers = new Callers(
      async (turn) =>
        (await answer(await ask("app", "/v1/embeddings", upload(await bytesOf(turn % 8))))).model,
      async () => {
        const response = await ask("app", "/v1/collections/shop");
        const { model, pictures } = collectionSchema.parse(await response.json());
        assertEquals(pictures, PHOTOS, "all of them, by whichever bundle");
        return model;
      },
      async (turn) => {
        const sought = json({ id: String(turn % PHOTOS), k: 3 });
        const response = await ask("app", "/v1/collections/shop/search", sought);
        const { model, data } = await response.json();
        assertEquals([response.status, data?.length], [200, 3]);
        return model;
      },
    );
    await using ending = new AsyncDisposableStack();
    ending.defer(async () => {
      await callers.stop();
      server.stop("SIGTERM");
      assertEquals((await server.ended).code, 0);
    });

    const file = (key: string) => ask(key, "/v1/jobs", json({ ...NIGHT, data: [photos] }));
    assertEquals((await refusal(await file("app"))).code, "missing_right");
    const filed = await file("nightly");
    assertEquals(filed.status, 202);
    const { id } = jobSchema.parse(await filed.json());
    const jobs = async (): Promise<JobResponse[]> =>
      jobsSchema.parse(await (await ask("nightly", "/v1/jobs?limit=20")).json()).data;
    const done = async (kind: JobKind) => {
      const all = await jobs();
      const failed = all.find(({ state }) => state === "failed");
      if (failed) throw new Error(`${failed.spec.kind}: ${failed.error}`);
      const those = all.filter(({ spec }) => spec.kind === kind);
      return those.length > 0 && those.every(({ state }) => state === "done");
    };
    const startWorker = () =>
      startTask(
        "worker",
        ...[
          "--store",
          store,
          "--work",
          work,
          "--sources",
          photos,
          "--registry",
          place,
          "--held-out",
          heldOut,
        ],
        ...["--poll-seconds", "1", "--lease-seconds", "6", "--pause-seconds", "1"],
        ...["--shard-pictures", String(SHARD), "--limit", ...LIMITS],
      );

    const first = startWorker();
    const step = async () =>
      (await readCheckpoint(join(work, "runs", id)).catch(() => undefined))?.progress.step ?? 0;
    await callers.until("it trains", async () => await step() > 0);
    first.child.kill("SIGKILL");
    await first.ended;
    const killedAt = await step();
    const second = startWorker();
    ending.defer(async () => {
      second.child.kill("SIGTERM");
      const { code, stderr } = await second.ended;
      assertEquals(code, 0, stderr);
    });
    await callers.until("the bundle is published", () => done("publish"));
    const train = (await jobs()).find((job) => job.id === id)!;
    assert(
      train.attempts > 1 && killedAt < Number(train.result!["step"]),
      "a second worker must have gone on",
    );
    const { bundles } = await registry.state();
    const after = bundles.at(-1)!.id;
    assertEquals(bundles.map(({ id }) => id), [before, after]);

    await callers.until("the collections are embedded anew", () => done("reembed"));
    const parts = (await jobs()).filter(({ spec }) => spec.kind === "reembed" && spec.shard);
    assertEquals(parts.length, Math.ceil(PHOTOS / SHARD));
    const pictures = parts.reduce((sum, { result }) => sum + Number(result!["pictures"]), 0);
    assertEquals([pictures, parts.every(({ result }) => result!["missed"] === 0)], [PHOTOS, true]);
    const shop = async () => collectionSchema.parse(await (await ask("app", "/v1/collections/shop")).json());
    await callers.until("the collection is answered from it", async () => (await shop()).model === after);

    const back = await ask("nightly", "/v1/bundles/current", { method: "DELETE" });
    assertEquals((await back.json()).current, before);
    assertEquals((await shop()).model, before);
    await delay(200);
    await callers.stop();
    assertEquals(callers.seen, [
      [before, after, before],
      [before, after, before],
      [before, after, before],
    ]);
  });
});
