import { join } from "@std/path";
import { Command } from "commander";
import { encode } from "fast-png";
import type { PictureSet } from "../data/picture_set.ts";
import { openPictures } from "../data/picture_source.ts";
import { type CopySet, planCopySet } from "../evaluate/copy/copy_set.ts";
import { parseEditedName } from "../evaluate/copy/edited_set.ts";
import { EvaluationError } from "../evaluate/error.ts";
import { anyEntry, writeNewFolder } from "../files/new_folder.ts";
import { progressBar } from "../progress.ts";
import { positive, whole } from "./option_values.ts";

interface Options {
  data: string;
  distractors?: string;
  out: string;
  originals: number;
  seed: number;
}

/** `deno task copies`: the edited pictures that `evaluate --task copy` looks up, as files, for eyes and for other tools. */
export const copiesCommand = new Command("copies")
  .description(
    'Write the originals and edited pictures of "evaluate --task copy", and which belong together.',
  )
  .requiredOption("--data <dir>", "originals (folder, .tar or module)")
  .requiredOption("--out <dir>", "new or empty folder: originals/, queries/, truth.csv")
  .option("--distractors <dir>", "pictures whose edits have no original (a fifth of --data)")
  .option("--originals <number>", "most of them", positive, 500)
  .option("--seed <number>", "decides the edits", whole, 0)
  .action(async ({ out, ...request }: Options) => {
    if (await anyEntry(out) !== undefined) {
      throw new EvaluationError(`Cannot write copies: --out must be a new or empty folder: received ${out}`);
    }
    const set = await planCopySet(request);
    await writeNewFolder(out, (folder) => writeCopies(folder, set));
  });

async function writeCopies(folder: string, { originals, distractors }: CopySet): Promise<void> {
  await Deno.mkdir(join(folder, "originals"));
  await Deno.mkdir(join(folder, "queries"));
  const sets = [originals, distractors];
  const bar = progressBar("files", sets.reduce((sum, { edits }) => sum + edits.paths.length, 0));
  const names = new Map(originals.paths.map((path, index) => [path, `${index}`.padStart(5, "0")]));
  const pictures = await openPictures(originals.pictures);
  for (const [path, name] of names) {
    await Deno.writeFile(join(folder, "originals", name), await fileOf(pictures, path));
  }
  const truth = ["query,edit,original"];
  for (const { edits } of sets) {
    const edited = await openPictures(edits.pictures);
    for (const name of edits.paths) {
      const { edit, path } = parseEditedName(name);
      const query = `${truth.length}`.padStart(6, "0");
      await Deno.writeFile(join(folder, "queries", query), await fileOf(edited, name));
      truth.push(`${query},${edit},${names.get(path) ?? ""}`);
      bar.advance();
    }
  }
  bar.done();
  await Deno.writeTextFile(join(folder, "truth.csv"), truth.join("\n") + "\n");
}

/** A picture's file; one that a module gives as pixels is made one without loss. */
async function fileOf(set: PictureSet, name: string): Promise<Uint8Array> {
  const picture = await set.read(name);
  return picture instanceof Uint8Array ? picture : encode({ ...picture, channels: 3, depth: 8 });
}
