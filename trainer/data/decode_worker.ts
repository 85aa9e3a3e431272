/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { coverOf, fitPixels } from "../../shared/image/preprocess.ts";
import type { DecodeAnswer, DecodedPicture, DecodeRequest } from "./decode_pool.ts";
import type { PictureSet } from "./picture_set.ts";
import { openPictures } from "./picture_source.ts";
import { readPicture } from "./read_picture.ts";
import { ViewMaker } from "./view_maker.ts";

let maker: ViewMaker | undefined;
let set: PictureSet | undefined;

self.onmessage = async ({ data }: MessageEvent<DecodeRequest>) => {
  try {
    const [result, transfer] = await answer(data);
    self.postMessage({ result } satisfies DecodeAnswer, transfer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage({ error: message } satisfies DecodeAnswer);
  }
};

async function answer(request: DecodeRequest): Promise<[unknown, Transferable[]]> {
  if (request.kind === "openViews") {
    maker = await ViewMaker.open(request.source, request.cache);
    return [undefined, []];
  }
  if (request.kind === "openPictures") {
    set = await openPictures(request.pictures);
    return [undefined, []];
  }
  if (request.kind === "views") {
    if (!maker) throw new Error("Cannot make views: a source is required: received none");
    return [await maker.make(request), []];
  }
  if (!set) throw new Error("Cannot decode pictures: a source is required: received none");
  const { paths, preprocessing } = request;
  const pictures: DecodedPicture[] = [];
  const transfer: Transferable[] = [];
  for (const path of paths) {
    const read = await readPicture(set, path, coverOf(preprocessing));
    if ("reason" in read) {
      pictures.push({ path, reason: read.reason });
      continue;
    }
    const pixels = fitPixels(read.pixels, preprocessing);
    pictures.push({ path, pixels });
    transfer.push(pixels.buffer as ArrayBuffer);
  }
  return [pictures, transfer];
}
