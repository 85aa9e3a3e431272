import { bundleId, manifestSchema } from "../../../shared/bundle.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { comparisonSchema } from "../../../shared/registry/comparison.ts";
import type { Candidate } from "../../../shared/registry/registry.ts";

const FIXTURE = new URL("../../../fixtures/bundle/", import.meta.url);

/**
 * A candidate: the encoder of the fixtures, with a preprocessing of its own for each number, and so with an id of its own.
 *
 * @param figure what was measured, of which 0.5 is required
 */
export async function candidate(number: number, figure = 0.9): Promise<Candidate & { id: string }> {
  const encoder = await Deno.readFile(new URL("encoder.onnx", FIXTURE));
  const fixture = manifestSchema.parse(
    JSON.parse(await Deno.readTextFile(new URL("manifest.json", FIXTURE))),
  );
  const preprocessing = {
    ...fixture.preprocessing,
    mean: [0.4, 0.4, number / 1000] as [number, number, number],
  };
  const id = await bundleId(fixture.encoder.sha256, preprocessing);
  const manifest = new TextEncoder().encode(JSON.stringify({ ...fixture, id, preprocessing }));
  const passed = figure >= 0.5;
  const comparison = comparisonSchema.parse({
    format: "lookalike-comparison/1",
    created: "2026-01-01T00:00:00Z",
    candidate: id,
    manifest: await sha256Hex(manifest),
    against: null,
    passed,
    heldOut: { pictures: 100, fingerprint: "0123" },
    checks: [{
      ...{ id: "copy.microAP", name: "copies: micro average precision", measured: figure, current: 0.52 },
      ...{ relation: "at least", required: 0.5, passed },
    }],
  });
  return { id, manifest, encoder, comparison };
}

/** Publishes and promotes each, in order. */
export async function promoted(
  registry: { publish(candidate: Candidate): Promise<string>; promote(id: string): Promise<unknown> },
  ...numbers: number[]
): Promise<string[]> {
  const ids = [];
  for (const number of numbers) {
    const id = await registry.publish(await candidate(number));
    await registry.promote(id);
    ids.push(id);
  }
  return ids;
}
