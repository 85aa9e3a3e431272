import { z } from "zod";
import type { JobSpec } from "../../shared/jobs/job.ts";
import { MOST_SHARDS } from "../../shared/shard.ts";
import { exists } from "../files/exists.ts";
import { runStage } from "./run_stage.ts";
import type { WorkFolder } from "./work_folder.ts";
import type { Work } from "./worker.ts";

export interface ReembedSettings {
  /** Address of the store that has the collections. */
  store: string;
  /** Place of the registry, whose current bundle they are embedded by. */
  registry: string;
  /** What the worker may take pictures from: of these, its folders are looked into. */
  sources: readonly string[];
  /** Most pictures that this worker fetches in a second. */
  perSecond: number;
  /** How many pictures a job has, about. */
  shardPictures: number;
}

const doneSchema = z.object({
  bundle: z.string(),
  pictures: z.number(),
  missed: z.array(z.object({ collection: z.string(), id: z.string(), reason: z.string() })),
});

/** Of the pictures that cannot be embedded, so many are named. */
const MOST_NAMED = 100;

/**
 * Embeds the pictures of all collections by the current bundle, with the endpoint's own command: first it is said in how many parts,
 * and a job is filed for each, which any worker does. What a part has done stays done. The endpoint goes over to the new
 * bundle's groups by itself, once no picture lacks.
 */
export function reembedWork(
  work: WorkFolder,
  { store, registry, sources, perSecond, shardPictures }: ReembedSettings,
): Work<Extract<JobSpec, { kind: "reembed" }>> {
  return async function reembed({ spec: { shard } }, context) {
    const run = async (...args: string[]) =>
      await runStage("store", ["reembed", "--attended", ...args], context, {
        environment: { STORE_URL: store, REGISTRY: registry },
      });
    if (!shard) {
      const pictures = Number(await run("--count"));
      const of = Math.min(MOST_SHARDS, Math.ceil(pictures / shardPictures));
      const next = Array.from({ length: of }, (_, i): JobSpec => ({
        ...{ kind: "reembed", until: "reembed", shard: { part: i + 1, of } },
      }));
      return { result: { pictures, parts: of }, next };
    }
    const folders = await existing([...sources, work.sources]);
    const output = await run(
      ...["--shard", `${shard.part}/${shard.of}`, "--per-second", String(perSecond), "--json"],
      ...folders.length > 0 ? ["--pictures", ...folders] : [],
    );
    const { bundle, pictures, missed } = doneSchema.parse(JSON.parse(output));
    return { result: { bundle, pictures, missed: missed.length, named: missed.slice(0, MOST_NAMED) } };
  };
}

/** Those that are folders of this machine. */
async function existing(places: readonly string[]): Promise<string[]> {
  const folders = [];
  for (const place of places) {
    if (await exists(place) && (await Deno.stat(place)).isDirectory) folders.push(place);
  }
  return folders;
}
