/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { fitPixels } from "../../shared/image/preprocess.ts";
import type { DecodeAnswer, DecodedPicture, DecodeRequest } from "./decode_pool.ts";
import { readPicture } from "./read_picture.ts";
import { ViewMaker } from "./views.ts";

let maker: ViewMaker | undefined;

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
  if (request.kind === "open") {
    maker = new ViewMaker(request.source);
    return [undefined, []];
  }
  if (request.kind === "views") {
    if (!maker) throw new Error("Cannot make views: a source is required: received none");
    const views = await maker.make(request.epoch, request.batch);
    return [views, [views.query.buffer, views.key.buffer, views.indices.buffer]];
  }
  const { dir, paths, preprocessing } = request;
  const pictures: DecodedPicture[] = [];
  const transfer: Transferable[] = [];
  for (const path of paths) {
    const read = await readPicture(dir, path, preprocessing.size);
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
