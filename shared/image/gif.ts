import { DamagedImageError } from "./errors.ts";
import { readGifHeader } from "./gif_header.ts";
import { copyIn, copyOut, imageScript, type RustExports } from "./imagescript.ts";
import { takeOntoWhite } from "./on_white.ts";
import { type Pixels, placeOnCanvas } from "./pixels.ts";
import { lazyCodec } from "./wasm_codec.ts";

interface GifExports extends RustExports {
  /** 0 is a failure. */
  decoder_new(at: number, length: number, limit: number): number;
  decoder_free(decoder: number): void;
  /** The next picture, not composed with others; 0 is a failure, and 1 the end. */
  decoder_frame(decoder: number): number;
  decoder_frame_width(frame: number): number;
  decoder_frame_height(frame: number): number;
  decoder_frame_buffer(frame: number): number;
  decoder_frame_free(frame: number): void;
}

interface GifCodec {
  /** The first picture; `data` is [height, width, 4], RGBA. */
  decodeFirst(bytes: Uint8Array): { width: number; height: number; data: Uint8Array };
}

const IMPORTS = { env: { push_to_stream: () => {} } };

const codec = lazyCodec<GifCodec>(imageScript("gif", IMPORTS, (exports: GifExports) => ({
  decodeFirst(bytes) {
    const decoder = exports.decoder_new(copyIn(exports, bytes), bytes.length, 0);
    if (decoder === 0) throw new Error("the decoder refused the header");
    const frame = exports.decoder_frame(decoder);
    if (frame === 0 || frame === 1) throw new Error("the decoder gave no picture");
    const picture = {
      width: exports.decoder_frame_width(frame),
      height: exports.decoder_frame_height(frame),
      data: copyOut(exports, exports.decoder_frame_buffer(frame)),
    };
    exports.decoder_frame_free(frame);
    exports.decoder_free(decoder);
    return picture;
  },
})));

const END = 0x3b;

/**
 * Decodes a GIF with transparency laid on white: of an animated one, the first picture on its screen.
 *
 * @throws {DamagedImageError} if the file is cut off or its data are broken
 */
export async function decodeGif(bytes: Uint8Array): Promise<Pixels> {
  const header = readGifHeader(bytes);
  const { frame, around } = header;
  const first = new Uint8Array(frame.end + 1);
  first.set(bytes.subarray(0, frame.end));
  first[frame.end] = END;
  const decoded = await codec((instance) => {
    try {
      const picture = instance.decodeFirst(first);
      if (picture.width === frame.width && picture.height === frame.height) return picture;
    } catch (cause) {
      throw broken(cause);
    }
    throw broken();
  });
  const picture = takeOntoWhite(decoded);
  return placeOnCanvas(picture, frame, header, around);
}

function broken(cause?: unknown): DamagedImageError {
  return new DamagedImageError("Cannot decode the GIF: its data are broken", { cause });
}
