import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { comparisonSchema } from "../../../shared/registry/comparison.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { evaluateWork } from "../../../trainer/retrain/evaluate_work.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { publishWork } from "../../../trainer/retrain/publish_work.ts";
import { WorkFolder } from "../../../trainer/retrain/work_folder.ts";
import { FinalError } from "../../../trainer/retrain/worker.ts";
import { candidate, promoted } from "../../shared/registry/candidates.ts";
import { copyPhotos, runTask, withFolder } from "../commands/command_line.ts";

const JOB = "11111111-1111-4111-8111-111111111111";

async function run(place: string, ...args: string[]): Promise<string> {
  const [name = "", ...rest] = args;
  const { code, stdout, stderr } = await runTask("registry", name, "--registry", place, ...rest);
  return code === 0 ? stdout : stderr;
}

Deno.test("jobs hold a bundle against the current one, and publish it only if the gate lets it pass", async () => {
  await withFolder(async (folder) => {
    const place = join(folder, "registry");
    const registry = new Registry(createFolderStore(place, Deno));
    const [current] = await promoted(registry, 1);
    await copyPhotos(join(folder, "held out"), 20);
    const work = new WorkFolder(join(folder, "work"));
    const { id, manifest, encoder } = await candidate(2);
    await Deno.mkdir(work.bundle(JOB), { recursive: true });
    await Deno.writeFile(join(work.bundle(JOB), "manifest.json"), manifest);
    await Deno.writeFile(join(work.bundle(JOB), "encoder.onnx"), encoder);

    const job = {
      ...{ id: JOB, state: "running" as const, attempts: 1, worker: "w", progress: null, result: null },
      ...{ error: null, filed: 0, due: 0, started: 0, ended: null },
    };
    const context = { signal: new AbortController().signal, report: () => {} };
    const evaluate = (limits: string[]) =>
      evaluateWork(work, { registry: place, heldOut: join(folder, "held out"), limits })(
        { ...job, spec: { kind: "evaluate", until: "reembed", bundle: JOB } },
        context,
      );
    const publish = () =>
      publishWork(work, registry)(
        { ...job, spec: { kind: "publish", until: "reembed", bundle: JOB } },
        context,
      );
    await assertRejects(publish, FinalError, "must have looked at the bundle");

    // Its weights are random: as the one before it, it takes different pictures for copies.
    const refused = await evaluate(["falseCopies=1", "slower=100", "larger=0.5"]);
    assertEquals(refused.next, [{ kind: "publish", until: "reembed", bundle: JOB }]);
    const [reason, ...others] = refused.result["refusal"] as string[];
    assertEquals(others, []);
    const calibrated = (await readBundle(work.bundle(JOB))).manifest.similarity;
    assertEquals(calibrated.copies?.originals, 16);
    assertEquals(calibrated.copies?.thresholds[0]?.threshold, calibrated.copyThreshold);
    assertStringIncludes(reason!, "size of the encoder must be at most");
    await assertRejects(publish, FinalError, "size of the encoder must be at most");
    assertEquals((await registry.state()).bundles.map(({ id }) => id), [current]);

    // As the gate would have written it without that limit.
    const comparison = comparisonSchema.parse(refused.result["comparison"]);
    const checks = comparison.checks.filter(({ passed }) => passed);
    await Deno.writeTextFile(work.comparison(JOB), JSON.stringify({ ...comparison, passed: true, checks }));
    const published = await publish();
    assertEquals([published.result, published.next], [{ bundle: id }, [{
      kind: "reembed",
      until: "reembed",
    }]]);
    // Again, as after a worker that was lost.
    assertEquals((await publish()).result, { bundle: id });
    assertEquals((await registry.state()).bundles.map(({ id }) => id), [current, id]);
  });
});

Deno.test("deno task registry lists, promotes, rolls back and deletes bundles, and says what it cannot", async () => {
  await withFolder(async (folder) => {
    const place = join(folder, "registry");
    const registry = new Registry(createFolderStore(place, Deno));
    const [first, second] = await promoted(registry, 1, 2);
    const refused = await registry.publish(await candidate(3, 0.1));
    const list = await run(place, "list", "--json");
    const rollback = await run(place, "rollback");
    const promote = await run(place, "promote", second!.slice(0, 10));
    const no = await run(place, "promote", refused);
    const gc = await run(place, "gc", "--keep", "2");
    const standings = (JSON.parse(list) as { id: string; standing: string }[]).map((
      { id, standing },
    ) => [id, standing]);
    assertEquals(Object.fromEntries(standings), {
      [first!]: "previous",
      [second!]: "current",
      [refused]: "refused",
    });
    assertEquals([rollback, promote, gc], [`${first} is current\n`, `${second} is current\n`, ""]);
    assertStringIncludes(no, "RefusedCandidateError: Cannot promote the bundle");
    assertStringIncludes(no, "it is 0.1");
    assert((await run(place, "promote", "xyz")).startsWith("UnknownBundleError: Cannot find the bundle"));
  });
});
