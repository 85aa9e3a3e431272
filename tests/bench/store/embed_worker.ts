/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { answerRequests } from "../../../functions/embed/answer_requests.ts";
import type { Inference } from "../../../functions/embed/inference/inference.ts";
import { createLocalInference } from "../../../functions/embed/inference/local_inference.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { fileOfRow } from "./edited_photos.ts";

export type EmbedRequest = { bundle: string; folder: string; photos: string[] } | { rows: number[] };

/** Vector and thumbnail of a picture, and what its file was. */
export interface Row {
  vector: Float32Array;
  thumbnail: Uint8Array;
  width: number;
  height: number;
  /** Size of its file. */
  bytes: number;
}

let inference: Inference;
let folder: string, photos: string[];

answerRequests<EmbedRequest>(async (request): Promise<Row[] | undefined> => {
  if ("bundle" in request) {
    ({ folder, photos } = request);
    const bundle = await readBundle(request.bundle);
    inference = createLocalInference(bundle.manifest, await createEncoder(bundle), 1e8);
    return;
  }
  const rows: Row[] = [];
  for (const row of request.rows) {
    const file = await fileOfRow(row, folder, photos);
    const { vector, thumbnail, width, height } = await inference.infer(file);
    rows.push({ vector, thumbnail, width, height, bytes: file.length });
  }
  return rows;
});
