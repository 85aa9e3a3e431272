import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { type Bundle, BundleError } from "../../../shared/bundle.ts";
import { EncoderError } from "../../../shared/encoder.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { comparisonSchema, describeRefusal } from "../../../shared/registry/comparison.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { bundleEmbedder } from "../../../trainer/evaluate/bundle_embedder.ts";
import { checkFigures, type Figures } from "../../../trainer/retrain/checks.ts";
import { compareBundles } from "../../../trainer/retrain/gate.ts";
import { openHeldOut } from "../../../trainer/retrain/held_out.ts";
import { gateLimitsSchema } from "../../../trainer/retrain/limits.ts";
import {
  measureBundle,
  measureEmbeddings,
  untrainedPrecision,
} from "../../../trainer/retrain/measure_bundle.ts";
import { publishCandidate } from "../../../trainer/retrain/publish_candidate.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { copyPhotos, withFolder } from "../commands/command_line.ts";
import { collapsed, GOOD, good, onOneLine, randomWeights, withEncoder, writeFiles } from "./poisoned.ts";

const { tf } = await loadTensorFlow();
const ORIGINALS = 4;
const limits = gateLimitsSchema.parse({});
const folder = await Deno.makeTempDir();
await copyPhotos(join(folder, "photos"), 20);
const heldOut = await openHeldOut(join(folder, "photos"));
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function figures(bundle: Bundle): Promise<Figures> {
  const measures = await measureBundle(tf, bundle, heldOut, ORIGINALS);
  const { quantization, encoder: { bytes } } = good.manifest;
  return { ...measures, quantization, bytes, milliseconds: 10 };
}
const trained = await figures(good);
const untrained = await untrainedPrecision(tf, good, heldOut, ORIGINALS);

const failed = (candidate: Figures, current?: Figures, untrained?: number) =>
  checkFigures(candidate, current, untrained, limits).filter(({ passed }) => !passed).map(({ id }) => id);

Deno.test("checkFigures() passes a trained encoder beside itself, and as a registry's first", () => {
  assertEquals(failed(trained, trained), []);
  assertGreater(trained.copy.microAP, untrained + limits.learned);
  assertEquals(failed(trained, undefined, untrained), []);
});

Deno.test("checkFigures() refuses random weights, also as a registry's first", () => {
  const random = { ...trained, copy: { ...trained.copy, microAP: untrained } };
  assertEquals(failed(random, trained), ["copy.microAP"]);
  assertEquals(failed(random, undefined, untrained), ["copy.microAP"]);
});

Deno.test("checkFigures() refuses an encoder that has collapsed to a point or to a line", async () => {
  for (
    const [make, id] of [[collapsed, "collapse.spread"], [onOneLine, "collapse.effectiveRank"]] as const
  ) {
    const bundle = await make();
    const shown = await measureEmbeddings(tf, bundle, await bundleEmbedder(bundle), heldOut);
    const found = failed({ ...trained, ...shown }, trained);
    assert(found.includes(id), `${id} is not among ${found}`);
    assert(found.includes("falseCopies"), String(found));
  }
});

Deno.test("checkFigures() names each figure that got worse by more than its margin, and no other", () => {
  const { copy, collapse } = trained;
  const int8 = trained.quantization!;
  const knn = 0.8;
  for (
    const [change, ids] of [
      [{ copy: { ...copy, microAP: copy.microAP - 0.019 } }, []],
      [{ copy: { ...copy, microAP: copy.microAP - 0.021 } }, ["copy.microAP"]],
      [{ copy: { ...copy, recall: copy.recall - 0.051 } }, ["copy.recall"]],
      [{ copy: { ...copy, microAP: NaN } }, ["copy.microAP"]],
      [{ knn: 0.79 }, []],
      [{ knn: 0.77 }, ["knn"]],
      [{ collapse: { ...collapse, effectiveRank: 0.49 * collapse.effectiveRank } }, [
        "collapse.effectiveRank",
      ]],
      [{ falseCopies: 0.02 }, ["falseCopies"]],
      [{ quantization: { ...int8, centredCosine: { ...int8.centredCosine, mean: 0.98 } } }, [
        "int8.centredCosine",
      ]],
      [{ quantization: { ...int8, nearestIsOwn: 0.98 } }, ["int8.nearestIsOwn"]],
      [{ milliseconds: 12.6 }, ["milliseconds"]],
      [{ bytes: 1.3 * trained.bytes }, ["bytes"]],
    ] as const
  ) {
    assertEquals(failed({ ...trained, knn, ...change } as Figures, { ...trained, knn }), [...ids]);
  }
});

Deno.test("openHeldOut() finds classes only where each has enough pictures", async () => {
  assertEquals(heldOut.classes, undefined);
  await withFolder(async (folder) => {
    for (const name of ["cat", "dog"]) {
      await Deno.mkdir(join(folder, "classes", name), { recursive: true });
      for (const path of heldOut.paths.slice(0, 5)) {
        await Deno.copyFile(join(heldOut.data, path), join(folder, "classes", name, path));
      }
    }
    const { classes, fingerprint } = await openHeldOut(join(folder, "classes"));
    assertEquals([...new Set(classes)], ["cat", "dog"]);
    await Deno.remove(join(folder, "classes", "dog", heldOut.paths[0]!));
    const fewer = await openHeldOut(join(folder, "classes"));
    assertEquals([fewer.classes, fewer.fingerprint === fingerprint], [undefined, false]);
  });
});

Deno.test("compareBundles() and publishCandidate() make a good candidate current, and never one with random weights or tampered files", async () => {
  await withFolder(async (folder) => {
    const registry = new Registry(createFolderStore(join(folder, "registry"), Deno));
    const compare = async (candidate: string, current?: Bundle) =>
      await compareBundles(tf, { candidate, current, heldOut, limits, originals: ORIGINALS });

    const checks = checkFigures(trained, undefined, untrained, limits);
    const manifest = await sha256Hex(await Deno.readFile(join(GOOD, "manifest.json")));
    const first = comparisonSchema.parse({
      ...{ format: "lookalike-comparison/1", created: new Date().toISOString(), passed: true },
      ...{ candidate: good.manifest.id, manifest, against: null, checks },
      heldOut: { pictures: 20, fingerprint: heldOut.fingerprint },
    });
    assertEquals(await publishCandidate(registry, GOOD, first), { id: good.manifest.id, refusal: [] });

    const random = join(folder, "random");
    await writeFiles(random, await randomWeights());
    const refused = await compare(random, good);
    assertEquals(comparisonSchema.parse(refused), refused);
    assertEquals(
      [refused.passed, refused.against, refused.heldOut],
      [false, good.manifest.id, first.heldOut],
    );
    const [reason] = describeRefusal(refused);
    const figure = String.raw`\d\.\d+`;
    assert(
      new RegExp(
        `^copies: micro average precision must be at least ${figure} \\(the current bundle's is ${figure}\\): it is ${figure}$`,
      ).test(reason!),
      reason,
    );
    const published = await publishCandidate(registry, random, refused);
    assertEquals(published.refusal, describeRefusal(refused));
    assertEquals((await registry.list()).find(({ id }) => id === published.id)?.standing, "refused");

    const encoder = await Deno.readFile(join(random, "encoder.onnx"));
    encoder[5000]! ^= 255;
    await Deno.writeFile(join(random, "encoder.onnx"), encoder);
    await assertRejects(() => compare(random, good), BundleError, "SHA-256");
    await assertRejects(() => publishCandidate(registry, random, { ...refused, passed: true }), BundleError);
    // Bytes that are no graph, with a manifest that is true of them.
    await writeFiles(join(folder, "noise"), await withEncoder(new Uint8Array(5000).fill(7)));
    await assertRejects(() => compare(join(folder, "noise"), good), EncoderError);
    assertEquals((await registry.state()).bundles.map(({ id }) => id), [good.manifest.id]);
  });
});
