import { createHash } from "node:crypto";
import { join } from "@std/path";
import { z } from "zod";
import type { TrainJob } from "../../shared/jobs/job.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import type { ListFile } from "../data/picture_list.ts";
import { findPictures } from "../data/picture_source.ts";
import { listBucket } from "./sources/bucket.ts";
import { fillCache, type RemoteFile } from "./sources/file_cache.ts";
import { parseSource, type Source, SourceError } from "./sources/source.ts";
import { readUrlList } from "./sources/url_list.ts";
import type { WorkFolder } from "./work_folder.ts";
import type { JobContext } from "./worker.ts";

/** A source's pictures, by the names that they have in lists, and where to train on them. */
interface Found {
  name: string;
  data: string;
  paths: string[];
}

export interface Listed {
  /** Pictures that the sources have. */
  all: number;
  /** Of these, those that are new since the published run. */
  new: number;
  /** Those that are trained on. */
  taken: number;
  /** Those that could not be fetched. */
  skipped: number;
}

/** What the sources had when a run began. */
const knownSchema = z.array(z.string());

/**
 * Finds a job's pictures, fetches those that are elsewhere, and writes the list that it trains on: it stays the same, however
 * often the job is begun again, while more pictures come.
 *
 * @param published the job whose run is published; undefined if none is
 * @throws {SourceError} if a source may not be used, or has nothing
 */
export async function listForTraining(
  { id, spec }: { id: string; spec: TrainJob },
  { work, allowed, published, context }: {
    work: WorkFolder;
    allowed: readonly string[];
    published: string | undefined;
    context: JobContext;
  },
): Promise<Listed> {
  const found: Found[] = [];
  let skipped = 0;
  for (const text of new Set(spec.data)) {
    const source = await parseSource(text, allowed);
    const { skipped: missing, ...pictures } = await findSource(source, work, context);
    found.push(pictures);
    skipped += missing;
  }
  const all = found.flatMap(({ name, paths }) => paths.map((path) => `${name}/${path}`));
  const known = published === undefined ? new Set<string>() : await readKnown(work, published);
  const fresh = all.filter((path) => !known.has(path));
  const old = all.filter((path) => known.has(path));
  if (spec.oldPerNew !== undefined && known.size > 0 && fresh.length === 0) {
    throw new SourceError(
      `Cannot train: pictures that the published run has not seen are required: all ${all.length} are old`,
    );
  }
  const most = spec.oldPerNew === undefined ? old.length : Math.round(spec.oldPerNew * fresh.length);
  const taken = new Set([...fresh, ...shuffled(old, id).slice(0, most)]);
  const list: ListFile = {
    parts: found.map(({ name, data, paths }) => ({
      ...{ name, data },
      pictures: paths.filter((path) => taken.has(`${name}/${path}`)),
    })),
  };
  await Deno.mkdir(join(work.path, "pictures"), { recursive: true });
  await writeAtomically(work.known(id), JSON.stringify(all));
  await writeAtomically(work.pictures(id), JSON.stringify(list));
  return { all: all.length, new: fresh.length, taken: taken.size, skipped };
}

/** How many pictures the sources have that a run's had not. Nothing is fetched. */
export async function countNew(
  data: readonly string[],
  { work, allowed, since, signal }: {
    work: WorkFolder;
    allowed: readonly string[];
    since: string | undefined;
    signal: AbortSignal;
  },
): Promise<number> {
  const known = since === undefined ? new Set<string>() : await readKnown(work, since);
  let count = 0;
  for (const text of new Set(data)) {
    const source = await parseSource(text, allowed);
    const paths = source.kind === "local"
      ? (await findPictures(source.text)).paths
      : (await listRemote(source, signal)).map(({ path }) => path);
    count += paths.filter((path) => !known.has(`${source.name}/${path}`)).length;
  }
  return count;
}

async function findSource(
  source: Source,
  work: WorkFolder,
  context: JobContext,
): Promise<Found & { skipped: number }> {
  const { kind, name, text } = source;
  if (kind === "local") return { name, data: text, paths: (await findPictures(text)).paths, skipped: 0 };
  const folder = join(work.sources, name);
  const { paths, skipped } = await fillCache(folder, await listRemote(source, context.signal), context);
  return { name, data: folder, paths, skipped: skipped.size };
}

async function listRemote({ kind, text }: Source, signal: AbortSignal): Promise<RemoteFile[]> {
  return kind === "bucket" ? await listBucket(text, Deno.env.get) : await readUrlList(text, signal);
}

async function readKnown(work: WorkFolder, job: string): Promise<Set<string>> {
  return new Set(knownSchema.parse(JSON.parse(await Deno.readTextFile(work.known(job)))));
}

/** In an order that only `seed` decides. */
function shuffled(paths: string[], seed: string): string[] {
  const digest = (path: string) => createHash("sha256").update(`${seed} ${path}`).digest("hex");
  return paths.map((path) => ({ path, digest: digest(path) }))
    .sort((a, b) => a.digest < b.digest ? -1 : 1)
    .map(({ path }) => path);
}
