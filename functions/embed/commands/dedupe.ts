import process from "node:process";
import { dirname } from "@std/path";
import { Command, Option } from "commander";
import { showProgress } from "../../../shared/progress.ts";
import { groupFiles } from "../dedupe/folder_groups.ts";
import { folderThreshold } from "../dedupe/folder_threshold.ts";
import { galleryPage, shownFiles } from "../dedupe/gallery.ts";
import { makePreviews } from "../dedupe/previews.ts";
import { type Report, reportJson } from "../dedupe/report.ts";
import { reportTable } from "../dedupe/table.ts";
import { embedFolders } from "../folder/embedding_run.ts";
import { type FolderOptions, similarity, withFolderOptions } from "../folder/folder_options.ts";
import { requireFolder } from "../folder/list_pictures.ts";
import { reportSkipped } from "../folder/report_skipped.ts";
import { runCommand } from "../folder/run_command.ts";
import { writeFile } from "../folder/write_file.ts";
import { CANONICAL_RULES, type CanonicalRule } from "../store/store.ts";

/* `deno task dedupe`: which pictures of some folders are copies of each other, and what could be saved. Deletes nothing. */

interface Options extends FolderOptions {
  threshold?: number;
  canonical: CanonicalRule;
  prefer: string[];
  html?: string;
  json: boolean;
}

await runCommand(
  withFolderOptions(
    new Command("dedupe")
      .description(
        "Find the pictures of folders, at any depth, that are copies of each other. Nothing is deleted.",
      )
      .argument("<dir...>", "folders")
      .option(
        "--threshold <similarity>",
        "from which on two are copies; unless told otherwise the bundle's own, raised for many pictures",
        similarity,
      )
      .addOption(
        new Option("--canonical <rule>", "which of the copies is the one to keep")
          .choices([...CANONICAL_RULES]).default("largest"),
      )
      .option(
        "--prefer <dir>",
        "keep what lies in this folder, whatever the rule; may be repeated",
        (folder: string, others: string[]) => [...others, folder],
        [],
      )
      .option("--html <file>", "write a gallery of the groups, which needs no other file")
      .option("--json", "print JSON in place of a table", false),
  ).action(async (folders: string[], options: Options) => {
    const { canonical: rule, prefer, html, json } = options;
    for (const folder of prefer) await requireFolder(folder);
    if (html !== undefined) await Deno.mkdir(dirname(html), { recursive: true });
    const began = performance.now();
    const { manifest, pictures, embedded, skipped, store } = await embedFolders(folders, options);
    const ready = performance.now();
    const vectors = new Map(pictures.map(({ sha256, vector }) => [sha256, vector]));
    const { threshold = folderThreshold([...vectors.values()], manifest) } = options;
    const { id: bundle } = manifest;
    const bar = showProgress("compared", vectors.size, process.stderr);
    const onPlaced = bar.advance;
    const groups = await groupFiles(pictures, {
      ...{ bundle, store, rule, prefer, threshold, onPlaced },
    });
    bar.done();
    await store.close();
    const seconds = { embedding: (ready - began) / 1000, grouping: (performance.now() - ready) / 1000 };
    const report: Report = { folders, bundle, threshold, pictures, embedded, groups, skipped, seconds };
    if (html !== undefined) {
      const paths = shownFiles(report).map(({ path }) => path);
      await writeFile(html, galleryPage(report, await makePreviews(paths, options)));
    }
    reportSkipped(skipped);
    console.log(json ? reportJson(report) : reportTable(report));
  }),
);
