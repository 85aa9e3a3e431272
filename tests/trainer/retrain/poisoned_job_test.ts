import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { type JobSpec, jobSpecSchema } from "../../../shared/jobs/job.ts";
import { SqliteQueue } from "../../../shared/jobs/sqlite_queue.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { comparisonSchema } from "../../../shared/registry/comparison.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { evaluateWork } from "../../../trainer/retrain/evaluate_work.ts";
import { publishWork } from "../../../trainer/retrain/publish_work.ts";
import { WorkFolder } from "../../../trainer/retrain/work_folder.ts";
import { runWorker } from "../../../trainer/retrain/worker.ts";
import { withFolder } from "../commands/command_line.ts";
import { writePhotos } from "../data/write_photos.ts";
import { tiny, writeFiles } from "./poisoned.ts";

Deno.test("no job makes a poisoned candidate current: random weights, a collapsed encoder, files that were tampered with", () =>
  withFolder(async (folder) => {
    const [place, heldOut] = [join(folder, "registry"), join(folder, "held-out")];
    await writePhotos({ [heldOut]: 20 });
    const registry = new Registry(createFolderStore(place, Deno));
    const work = new WorkFolder(join(folder, "work"));
    const queue = new SqliteQueue(new DatabaseSync(":memory:"));
    /** Files a job, has a worker do it and what follows, and says what became of the last one. */
    const run = async (spec: object) => {
      await queue.file(jobSpecSchema.parse(spec) as JobSpec);
      await runWorker({
        ...{ queue, name: "w", pollSeconds: 1, once: true, signal: new AbortController().signal, log() {} },
        works: {
          evaluate: evaluateWork(work, { registry: place, heldOut, limits: [] }),
          publish: publishWork(work, registry),
        },
      });
      const [last] = await queue.list({ limit: 1 });
      assertEquals((await registry.state()).bundles, []);
      return {
        kind: last!.spec.kind,
        state: last!.state,
        attempts: last!.attempts,
        error: last!.error ?? "",
      };
    };
    const evaluate = (bundle: string) => run({ kind: "evaluate", until: "reembed", bundle });
    const tamper = async (bundle: string) => {
      const path = join(work.bundle(bundle), "encoder.onnx");
      const encoder = await Deno.readFile(path);
      encoder[encoder.length >> 1]! ^= 1;
      await Deno.writeFile(path, encoder);
    };
    const failed = (kind: string) => ({ kind, state: "failed", attempts: 1 });

    const random = crypto.randomUUID();
    await writeFiles(work.bundle(random), await tiny());
    const { error: isUntrained, ...ofRandom } = await evaluate(random);
    assertEquals(ofRandom, failed("publish"), isUntrained);
    assert(/current: .*copies: micro average precision must be at least/.test(isUntrained), isUntrained);

    const collapsed = crypto.randomUUID();
    await writeFiles(work.bundle(collapsed), await tiny({ isCollapsed: true }));
    const { error: isCollapsed, ...ofCollapsed } = await evaluate(collapsed);
    assertEquals(ofCollapsed, failed("publish"), isCollapsed);
    assert(/collapse: spread of the embeddings must be at least/.test(isCollapsed), isCollapsed);

    // After the gate has passed it, as it would have written that.
    const comparison = comparisonSchema.parse(JSON.parse(await Deno.readTextFile(work.comparison(random))));
    const checks = comparison.checks.filter(({ passed }) => passed);
    await Deno.writeTextFile(
      work.comparison(random),
      JSON.stringify({ ...comparison, passed: true, checks }),
    );
    await tamper(random);
    const { error: late, ...ofLate } = await run({ kind: "publish", until: "reembed", bundle: random });
    assertEquals(ofLate, failed("publish"), late);
    assert(/SHA-256/.test(late), late);

    // And before it.
    const { error: early, ...ofEarly } = await evaluate(random);
    assertEquals(ofEarly, failed("evaluate"), early);
    assert(/SHA-256/.test(early), early);
    await queue.close();
  }));
