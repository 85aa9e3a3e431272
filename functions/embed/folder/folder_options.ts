import { type Command, InvalidArgumentError } from "commander";
import { fromFileUrl } from "@std/path";

/** What commands that work on folders have in common. */
export interface FolderOptions {
  bundle: string;
  /** Path of a SQLite file. */
  store: string;
  workers: number;
  maxBytes: number;
  maxPixels: number;
}

const ROOT = new URL("../../../", import.meta.url);
const path = (relative: string) => fromFileUrl(new URL(relative, ROOT));

/** Adds the options of {@linkcode FolderOptions}. */
export function withFolderOptions(command: Command): Command {
  return command
    .option("--bundle <dir>", "encoder to embed with", path("functions/embed/model"))
    .option(
      "--store <file>",
      "SQLite file that keeps embeddings by the pictures' bytes, so that each is embedded once",
      path(".store/embeddings.db"),
    )
    .option(
      "--workers <number>",
      "threads, of about 150 MB each; one per core unless told otherwise",
      wholeNumber,
      navigator.hardwareConcurrency,
    )
    .option("--max-bytes <number>", "largest file that is read", wholeNumber, 200 * 2 ** 20)
    .option("--max-pixels <number>", "largest picture, as width x height", wholeNumber, 100_000_000);
}

/** A whole number from 1. */
function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A whole number from 1 is required.");
}

/** From -1 to 1. */
export function similarity(text: string): number {
  const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= -1 && value <= 1) return value;
  throw new InvalidArgumentError("A number from -1 to 1 is required.");
}
