import { Command } from "commander";
import { join } from "@std/path";
import { type Comparable, isReplaceable } from "../../functions/embed/store/replaceable.ts";
import { decodeImage } from "../../shared/image/decode.ts";
import { thumbnail } from "../../shared/image/thumbnail.ts";
import { progressBar } from "../../trainer/progress.ts";

/** As pictures are decoded for an encoder that sees 112 pixels. */
const COVER = 112;

interface Row {
  done: string;
  /** What the verdict should be. */
  expected: boolean;
  pictures: number;
  /** Pictures that the original may stand in for, or that may stand in for it. */
  replaceable: number;
}

/** `deno task bench replaceable`: which saves and edits of `fixtures/stand_ins.py` the verdict `replaceable` lets pass. */
export async function run(args: string[]): Promise<void> {
  const command = new Command("replaceable")
    .description(
      "How often the verdict `replaceable` is given to pictures that were saved again, and edited.",
    )
    .argument("<dir>", "the folder that fixtures/stand_ins.py wrote")
    .option("--json", "print JSON", false)
    .parse(args, { from: "user" });
  const [folder] = command.args as [string];
  const [, ...lines] = (await Deno.readTextFile(join(folder, "truth.csv"))).trim().split(/\r?\n/);
  const rows = new Map<string, Row>();
  const bar = progressBar("pictures", lines.length);
  let last: { name: string; original: Comparable } | undefined;
  for (const line of lines) {
    const { picture, original, done, expected } = parseLine(line);
    if (last?.name !== original) {
      last = { name: original, original: await read(join(folder, "originals", original)) };
    }
    const other = await read(join(folder, "pictures", picture));
    const verdict = isReplaceable(other, last.original) || isReplaceable(last.original, other);
    const row = rows.get(done) ?? { done, expected, pictures: 0, replaceable: 0 };
    rows.set(done, { ...row, pictures: row.pictures + 1, replaceable: row.replaceable + Number(verdict) });
    bar.advance();
  }
  bar.done();
  const table = [...rows.values()];
  if (command.opts<{ json: boolean }>().json) console.log(JSON.stringify(table));
  else for (const text of describe(table)) console.log(text);
}

function parseLine(line: string) {
  const [, picture, original, done, expected] = /^([^,]*),([^,]*),"?(.*?)"?,([01])$/.exec(line)!;
  return { picture: picture!, original: original!, done: done!, expected: expected === "1" };
}

async function read(path: string): Promise<Comparable> {
  const { pixels, box, width, height } = await decodeImage(await Deno.readFile(path), {
    maxPixels: 1e8,
    cover: COVER,
  });
  return { width, height, thumbnail: thumbnail(pixels, box) };
}

function describe(rows: Row[]): string[] {
  return [true, false].flatMap((expected) => {
    const some = rows.filter((row) => row.expected === expected);
    const total = (name: "pictures" | "replaceable") => some.reduce((sum, row) => sum + row[name], 0);
    const all = { done: "all", expected, pictures: total("pictures"), replaceable: total("replaceable") };
    return [
      expected ? "Saved or scaled again, replaceable:" : "Edited, replaceable:",
      ...[...some, all].map(({ done, pictures, replaceable }) =>
        `  ${done.padEnd(36)} ${`${replaceable}`.padStart(5)} of ${pictures}`
      ),
    ];
  });
}
