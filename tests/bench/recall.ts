import { Command } from "commander";
import { join } from "@std/path";
import type { Bundle } from "../../shared/bundle.ts";
import { createEncoder, type Encoder } from "../../shared/encoder.ts";
import { crop } from "../../shared/image/crop.ts";
import { decodeImage } from "../../shared/image/decode.ts";
import type { Pixels } from "../../shared/image/pixels.ts";
import { preprocess } from "../../shared/image/preprocess.ts";
import { dot } from "../../shared/vector.ts";
import { listPictures } from "../../trainer/data/listing.ts";
import { RandomStream } from "../../trainer/data/random.ts";
import { splitPictures } from "../../trainer/data/split.ts";
import { untrainedBundle } from "../../trainer/evaluate/untrained.ts";
import { settingsSchema } from "../../trainer/moco/settings.ts";
import { readBundle } from "../../trainer/onnx/bundle_folder.ts";
import { progressBar } from "../../trainer/progress.ts";

/** A crop keeps this share of the picture's area, or of each of its sides. */
const CROPS = [
  { name: "60 % of the area", side: Math.sqrt(0.6) },
  { name: "60 % of each side", side: 0.6 },
];

/** What tells the pictures that were set aside. */
const trainedWith = settingsSchema.pick({ heldOut: true }).loose();

const SEED = 7;

/**
 * `deno task bench recall`: how often a crop finds its original first among photos that training did not see, by the
 * bundle's encoder and by the same network untrained.
 */
export async function run(args: string[]): Promise<void> {
  const command = new Command("recall")
    .description("Share of random crops whose nearest picture is their original.")
    .requiredOption("--data <dir>", "the folder that the bundle was trained on: its held-out pictures serve")
    .option("--bundle <dir>", "the bundle", "functions/embed/model")
    .option("--pictures <count>", "pictures to search among", Number, 1000)
    .option("--json", "print JSON", false)
    .parse(args, { from: "user" });
  const options = command.opts<{ data: string; bundle: string; pictures: number; json: boolean }>();
  const bundle = await readBundle(options.bundle);
  const settings = trainedWith.parse(bundle.manifest.training.settings);
  const { heldOut } = splitPictures(await listPictures(options.data), settings.heldOut);
  if (heldOut.length < options.pictures) {
    throw new RangeError(
      `Cannot measure: ${options.pictures} held-out pictures are required: received ${heldOut.length}`,
    );
  }
  const paths = heldOut.slice(0, options.pictures);

  const encoders = {
    trained: await createEncoder(bundle),
    untrained: await createEncoder(untrainedBundle(bundle)),
  };
  const bar = progressBar("pictures", paths.length);
  const embeddings = { trained: emptyEmbeddings(), untrained: emptyEmbeddings() };
  for (const [index, path] of paths.entries()) {
    const { pixels } = await decodeImage(await Deno.readFile(join(options.data, path)), { maxPixels: 1e8 });
    const crops = CROPS.map(({ side }) =>
      randomCrop(pixels, side, new RandomStream(SEED, 0, index, "query"))
    );
    for (const name of ["trained", "untrained"] as const) {
      embeddings[name].originals.push(await embed(encoders[name], bundle, pixels));
      for (const [i, picture] of crops.entries()) {
        embeddings[name].crops[i]!.push(await embed(encoders[name], bundle, picture));
      }
    }
    bar.advance();
  }
  bar.done();

  const rows = CROPS.map(({ name }, i) => ({
    crop: name,
    trained: recallAt1(embeddings.trained.crops[i]!, embeddings.trained.originals),
    untrained: recallAt1(embeddings.untrained.crops[i]!, embeddings.untrained.originals),
  }));
  if (options.json) console.log(JSON.stringify({ pictures: paths.length, bundle: bundle.manifest.id, rows }));
  else {
    console.log(`Original found first, among ${paths.length} held-out pictures:`);
    for (const { crop, trained, untrained } of rows) {
      console.log(`  crop of ${crop}: ${percent(trained)} trained, ${percent(untrained)} untrained`);
    }
  }
}

interface Embeddings {
  originals: Float32Array[];
  /** One list for each of `CROPS`. */
  crops: Float32Array[][];
}

function emptyEmbeddings(): Embeddings {
  return { originals: [], crops: CROPS.map(() => []) };
}

/** A crop at a random place, with `side` of the picture's width and height. */
function randomCrop(pixels: Pixels, side: number, random: RandomStream): Pixels {
  const width = Math.round(pixels.width * side);
  const height = Math.round(pixels.height * side);
  return crop(pixels, {
    ...{ left: random.below(pixels.width - width + 1), top: random.below(pixels.height - height + 1) },
    ...{ width, height },
  });
}

async function embed(encoder: Encoder, { manifest }: Bundle, pixels: Pixels): Promise<Float32Array> {
  return await encoder.embed(preprocess(pixels, manifest.preprocessing), 1);
}

/** The share of queries whose most similar original has their own index. */
function recallAt1(queries: Float32Array[], originals: Float32Array[]): number {
  const found = queries.filter((query, own) => {
    const similarity = dot(query, originals[own]!);
    return originals.every((original, other) => other === own || dot(query, original) < similarity);
  });
  return found.length / queries.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
