import { DamagedImageError } from "./errors.ts";
import { readGifHeader } from "./gif_header.ts";
import { layOnWhite } from "./on_white.ts";
import { type Pixels, placeOnCanvas } from "./pixels.ts";
import { type CodecModule, LARGE_PIXELS, lazyCodec } from "./wasm_codec.ts";

interface GifCodec {
  Decoder: new (bytes: Uint8Array) => {
    /** The next picture, not composed with others: `buffer` is [height, width, 4], RGBA. Null after the last. */
    frame(): { width: number; height: number; buffer: Uint8Array } | null;
    free(): void;
  };
}

const codec = lazyCodec<GifCodec>(async () =>
  ((await import("imagescript/wasm/node/gif.js")) as { default: CodecModule<GifCodec> }).default
);

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
  const decoded = await codec(frame.width * frame.height > LARGE_PIXELS, ({ Decoder }) => {
    try {
      const decoder = new Decoder(first);
      const picture = decoder.frame();
      decoder.free();
      if (picture?.width === frame.width && picture.height === frame.height) return picture;
    } catch (cause) {
      throw broken(cause);
    }
    throw broken();
  });
  const picture = layOnWhite({ width: frame.width, height: frame.height, data: decoded.buffer });
  return placeOnCanvas(picture, frame, header, around);
}

function broken(cause?: unknown): DamagedImageError {
  return new DamagedImageError("Cannot decode the GIF: its data are broken", { cause });
}
