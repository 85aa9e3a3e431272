import { dirname } from "@std/path";
import { Command } from "commander";
import { vectorToNumbers } from "../../../shared/vector.ts";
import { embedFolders, type FolderPicture } from "../folder/embedding_run.ts";
import { type FolderOptions, withFolderOptions } from "../folder/folder_options.ts";
import { npy } from "../folder/npy.ts";
import { runCommand } from "../folder/run_command.ts";
import { reportSkipped } from "../folder/report_skipped.ts";
import { writeFile } from "../folder/write_file.ts";

/* `deno task embed`: embeddings of a folder's pictures, as a file. */

/** The file's name says neither of the kinds that are written. */
class OutputError extends Error {
  override name = "OutputError";
}

interface Options extends FolderOptions {
  out: string;
}

await runCommand(
  withFolderOptions(
    new Command("embed")
      .description("Embed the pictures of folders, at any depth, and write their vectors into a file.")
      .argument("<dir...>", "folders")
      .requiredOption(
        "--out <file>",
        ".npy: float32 [pictures, dimensions], with the paths of its rows beside it as .paths.json; .jsonl: a line of JSON for each picture",
      ),
  ).action(async (folders: string[], options: Options) => {
    const { out } = options;
    const extension = /\.(npy|jsonl)$/.exec(out)?.[1];
    if (!extension) {
      throw new OutputError(
        `Cannot write embeddings: --out must end in .npy or .jsonl: received ${JSON.stringify(out)}`,
      );
    }
    await Deno.mkdir(dirname(out), { recursive: true });
    const { manifest, pictures, embedded, skipped, store } = await embedFolders(folders, options);
    await store.close();
    if (extension === "jsonl") await writeFile(out, lines(pictures));
    else {
      await writeFile(`${out.slice(0, -".npy".length)}.paths.json`, [
        JSON.stringify(pictures.map(({ path }) => path), null, 1),
      ]);
      await writeFile(out, npy(pictures.map(({ vector }) => vector), manifest.embedding.dimensions));
    }
    reportSkipped(skipped);
    console.log(`${out}: ${pictures.length} embeddings, ${embedded} of them new, by ${manifest.id}`);
  }),
);

function* lines(pictures: FolderPicture[]): Generator<string> {
  for (const { path, sha256, width, height, format, bytes, vector } of pictures) {
    const embedding = vectorToNumbers(vector);
    yield JSON.stringify({ path, sha256, width, height, format, bytes, embedding }) + "\n";
  }
}
