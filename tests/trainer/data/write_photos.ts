import { join } from "@std/path";
import { crop } from "../../../shared/image/crop.ts";
import { decodeImage } from "../../../shared/image/decode.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { findPictures, openPictures } from "../../../trainer/data/picture_source.ts";
import { PHOTOS } from "../commands/command_line.ts";

/** Side of the parts that the fixtures' photos are cut into, in pixels. */
const SIDE = 50;

/**
 * Writes different photos into new folders, none into two of them: photos of the data set where LOOKALIKE_SHARED has it, else
 * parts of the fixtures' photos.
 *
 * @param counts how many go into each folder
 */
export async function writePhotos(counts: Record<string, number>): Promise<void> {
  const shared = Deno.env.get("LOOKALIKE_SHARED");
  const photos = shared ? photosOf(join(shared, "data", "photos.tar")) : partsOfFixtures();
  for (const [folder, count] of Object.entries(counts)) {
    await Deno.mkdir(folder);
    for (let number = 0; number < count; number++) {
      const { value, done } = await photos.next();
      if (done) {
        throw new RangeError(
          `Cannot write the photos: more are required: ${folder} has ${number} of ${count}`,
        );
      }
      await Deno.writeFile(join(folder, `${String(number).padStart(4, "0")}.jpg`), value);
    }
  }
}

async function* photosOf(tar: string): AsyncGenerator<Uint8Array> {
  const { pictures, paths } = await findPictures(tar);
  const set = await openPictures(pictures);
  for (const path of paths.filter((path) => path.includes("scenes/"))) {
    yield await set.read(path) as Uint8Array;
  }
}

async function* partsOfFixtures(): AsyncGenerator<Uint8Array> {
  const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name).sort();
  for (const name of names) {
    const { pixels } = await decodeImage(await Deno.readFile(join(PHOTOS, name)), { maxPixels: 1e6 });
    for (let top = 0; top + SIDE <= pixels.height; top += SIDE) {
      for (let left = 0; left + SIDE <= pixels.width; left += SIDE) {
        yield await encodeJpeg(crop(pixels, { left, top, width: SIDE, height: SIDE }), 85);
      }
    }
  }
}
