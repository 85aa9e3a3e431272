import { encodeBase64 } from "@std/encoding/base64";
import { dirname, extname } from "@std/path";
import { Command, Option } from "commander";
import { encode } from "fast-png";
import type { Pixels } from "../../shared/image/pixels.ts";
import { writeAtomically } from "../checkpoint/atomic.ts";
import { contactSheet } from "../data/contact_sheet.ts";
import { findPictures, openPictures } from "../data/picture_source.ts";
import { RandomStream } from "../data/random.ts";
import { readPicture } from "../data/read_picture.ts";
import { spread } from "../data/spread.ts";
import { collagePartner, coverOf, parseViews, VIEW_NAMES, viewPipeline, viewsNamed } from "../data/views.ts";
import { SettingsError } from "../moco/settings.ts";
import { type PresetName, PRESETS, recipe } from "../presets/presets.ts";
import { whole } from "./option_values.ts";

/** Epochs whose views are shown: two views each. */
const EPOCHS = 4;

interface Options {
  data: string;
  out: string;
  preset: PresetName;
  views?: string;
  keyViews?: string;
  size?: number;
  pictures: number;
  seed: number;
}

/** `deno task views`: a look at what the model will see, before a long run. */
export const viewsCommand = new Command("views")
  .description("Draw pictures, each with the views of its first epochs, as the model will see them.")
  .requiredOption(
    "--data <path>",
    "what training would be given: a folder, a .tar, or a module (docs/data.md)",
  )
  .option("--out <file>", "where to: .png, or .html with the pictures' names", "views.png")
  .addOption(
    new Option("--preset <name>", "recipe, for --views and --size").choices(Object.keys(PRESETS)).default(
      "photos",
    ),
  )
  .option("--views <recipe>", `augmentations: ${VIEW_NAMES}, or a module (docs/data.md)`, parseViews)
  .option("--key-views <recipe>", "those of the keys, if they are others", parseViews)
  .option("--size <pixels>", "side of a view", whole)
  .option("--pictures <number>", "how many, evenly spread over the data", whole, 8)
  .option("--seed <number>", "decides everything random", whole, 0)
  .action(async ({ data, out, preset, pictures: count, seed, ...given }: Options) => {
    const kind = extname(out).toLowerCase();
    if (kind !== ".png" && kind !== ".html") {
      throw new SettingsError(`Cannot draw views: --out must end in .png or .html: received ${out}`);
    }
    await Deno.mkdir(dirname(out), { recursive: true });
    const settings = { ...recipe(preset), ...given };
    const { size } = settings;
    const views = viewsNamed(settings.views);
    const keyViews = viewsNamed(settings.keyViews ?? settings.views);
    const pipelines = { query: await viewPipeline(views), key: await viewPipeline(keyViews) };
    const { pictures, paths } = await findPictures(data);
    const set = await openPictures(pictures);

    const rows: { path: string; pictures: Pixels[] }[] = [];
    for (const [place, path] of spread(paths, count).entries()) {
      const read = await readPicture(set, path, coverOf([views, keyViews], size));
      if ("reason" in read) {
        console.error(`Skipped ${path}: ${read.reason}`);
        continue;
      }
      const row = [read.pixels];
      for (let epoch = 0; epoch < EPOCHS; epoch++) {
        const partner = collagePartner(views, rows.length, new RandomStream(seed, epoch, place, "collage"));
        for (const purpose of ["query", "key"] as const) {
          const other = purpose === "query" && partner !== undefined ? rows[partner]?.pictures[0] : undefined;
          const random = new RandomStream(seed, epoch, place, purpose);
          const view = pipelines[purpose](read.pixels, size, random, other);
          row.push({ width: size, height: size, data: view });
        }
      }
      rows.push({ path, pictures: row });
    }
    if (rows.length === 0) throw new SettingsError(`Cannot draw views: none of the pictures could be read`);
    await writeAtomically(
      out,
      kind === ".png"
        ? png(contactSheet(rows.map(({ pictures }) => pictures), size))
        : page(rows.map(({ path, pictures }) => [path, png(contactSheet([pictures], size))])),
    );
    console.error(
      `${out}: ${rows.length} pictures, each with the query and key views of ${EPOCHS} epochs (${
        [settings.views, settings.keyViews ?? []].flat().join(", keys ")
      })`,
    );
  });

function png({ width, height, data }: Pixels): Uint8Array {
  return encode({ width, height, data, channels: 3, depth: 8 });
}

function page(rows: [path: string, png: Uint8Array][]): string {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const figures = rows.map(([path, image]) =>
    `<figure><img alt="" src="data:image/png;base64,${encodeBase64(image)}">` +
    `<figcaption>${escape(path)}</figcaption></figure>`
  );
  return `<!doctype html>
<meta charset="utf-8">
<title>Views</title>
<style>body { font: 14px sans-serif } figure { margin: 0 0 1em } img { max-width: 100% }</style>
<p>Each row: a picture, then its query and key views of ${EPOCHS} epochs.</p>
${figures.join("\n")}
`;
}
