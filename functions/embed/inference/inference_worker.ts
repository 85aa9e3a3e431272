/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { Bundle } from "../../../shared/bundle.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { free } from "../../../shared/free.ts";
import { answerRequests } from "../answer_requests.ts";
import type { Inference } from "./inference.ts";
import { createLocalInference } from "./local_inference.ts";
import { PROBE } from "./probe.ts";

/** What a worker of the pool is asked: first to open a bundle, then for one picture after the other. */
export type InferenceRequest = { open: { bundle: Bundle; maxPixels: number } } | { infer: Uint8Array };

let inference: Inference | undefined;

answerRequests<InferenceRequest>(async (request) => {
  if ("open" in request) {
    const { bundle, maxPixels } = request.open;
    inference = createLocalInference(bundle.manifest, await createEncoder(bundle), maxPixels);
    await inference.infer(PROBE); // so that no request pays for the first run
    return;
  }
  if (!inference) throw new Error("Cannot infer: a bundle must be open: none is");
  try {
    return await inference.infer(request.infer);
  } finally {
    free(request.infer);
  }
});
