/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { decodeImage } from "../../../shared/image/decode.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { resize } from "../../../shared/image/resize.ts";
import { answerRequests } from "../answer_requests.ts";

/** A picture that is to be shown. */
export interface PreviewRequest {
  file: Uint8Array;
  /** Pixels of its longer side, unless it is smaller. */
  side: number;
  maxPixels: number;
}

const QUALITY = 75;

answerRequests<PreviewRequest>(async ({ file, side, maxPixels }) => {
  const { pixels } = await decodeImage(file, { maxPixels, cover: side });
  const { width, height } = pixels;
  const scale = Math.min(1, side / Math.max(width, height));
  const small = resize(
    pixels,
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  return await encodeJpeg(small, QUALITY);
});
