/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { answerRequests } from "../../../functions/embed/answer_requests.ts";
import type { Inference } from "../../../functions/embed/inference/inference.ts";
import { createLocalInference } from "../../../functions/embed/inference/local_inference.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { fileOfRow } from "./edited_photos.ts";

export type EmbedRequest = { bundle: string; folder: string; photos: string[] } | { rows: number[] };

/** Of the rows asked for, one after another. */
export interface EmbeddedRows {
  vectors: Float32Array[];
  thumbnails: Uint8Array[];
}

let inference: Inference;
let folder: string, photos: string[];

answerRequests<EmbedRequest>(async (request): Promise<EmbeddedRows | undefined> => {
  if ("bundle" in request) {
    ({ folder, photos } = request);
    const bundle = await readBundle(request.bundle);
    inference = createLocalInference(bundle.manifest, await createEncoder(bundle), 1e8);
    return;
  }
  const rows: EmbeddedRows = { vectors: [], thumbnails: [] };
  for (const row of request.rows) {
    const { vector, thumbnail } = await inference.infer(await fileOfRow(row, folder, photos));
    rows.vectors.push(vector);
    rows.thumbnails.push(thumbnail);
  }
  return rows;
});
