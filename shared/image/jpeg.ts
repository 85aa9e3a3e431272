import { inksToSrgb, toSrgb } from "./colour_profile.ts";
import { DamagedImageError } from "./errors.ts";
import { copyIn, copyOut, imageScript, type RustExports } from "./imagescript.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg_header.ts";
import { stateImplied } from "./jpeg_implied.ts";
import { readJpegScans } from "./jpeg_scans.ts";
import type { Pixels } from "./pixels.ts";
import { lazyCodec } from "./wasm_codec.ts";

interface JpegExports extends RustExports {
  /** Decodes at the smallest of 1, 1/2, 1/4, 1/8 at which either side reaches the request; 0 and 1 are failures. */
  decode(at: number, length: number, width: number, height: number): number;
  decode_width(picture: number): number;
  decode_height(picture: number): number;
  decode_format(picture: number): number;
  decode_buffer(picture: number): number;
  decode_free(picture: number): void;
}

interface JpegCodec {
  decode(bytes: Uint8Array, width: number, height: number): Decoded;
}

interface Decoded {
  width: number;
  height: number;
  /** 0: grey, 1: RGB, 2: amounts of ink, CMYK. */
  format: number;
  buffer: Uint8Array;
}

/** More than a JPEG's side can be at any fraction but the whole. */
const NEVER_REACHED = 65_535;

const codec = lazyCodec<JpegCodec>(imageScript("jpeg", {}, (exports: JpegExports) => ({
  decode(bytes, width, height) {
    const picture = exports.decode(copyIn(exports, bytes), bytes.length, width, height);
    if (picture === 0 || picture === 1) throw new Error("the decoder gave no picture");
    const decoded = {
      width: exports.decode_width(picture),
      height: exports.decode_height(picture),
      format: exports.decode_format(picture),
      buffer: copyOut(exports, exports.decode_buffer(picture)),
    };
    exports.decode_free(picture);
    return decoded;
  },
})));

/**
 * Decodes a JPEG, not yet turned upright. With `cover`, at the smallest of 1, 1/2, 1/4 and 1/8 at which both sides
 * are still at least twice that, so that an antialiased shrink to `cover` comes out as from the full picture.
 *
 * @throws {UnsupportedImageError} for lossless, arithmetic-coded, 12-bit and other rare codings
 * @throws {DamagedImageError} if the file is cut off or its data are broken
 */
export async function decodeJpeg(bytes: Uint8Array, cover?: number): Promise<Pixels> {
  const header = readJpegHeader(bytes);
  const { width, height } = header;
  const scale = cover === undefined ? 1 : Math.min(1, (2 * cover) / Math.min(width, height));
  // Either side may reach the request: of a line of one pixel that side does so at every fraction.
  const [toWidth, toHeight] = width < height
    ? [NEVER_REACHED, Math.ceil(height * scale)]
    : [Math.ceil(width * scale), NEVER_REACHED];
  const decode = (file: Uint8Array) =>
    codec((instance) => {
      try {
        return instance.decode(file, toWidth, toHeight);
      } catch (cause) {
        throw new DamagedImageError("Cannot decode the JPEG: its data are broken", { cause });
      }
    });
  const file = stateImplied(bytes, header);
  const { ended, covered } = readJpegScans(bytes, header);
  if (ended) return toRgb(await decode(file), header);

  // Without an end marker the file may be cut off, or whole but for that marker. Whole is what decodes to the same
  // picture whatever follows its data.
  let continuations: Decoded[] = [];
  if (covered) {
    try {
      continuations = [await decode(continued(file, 0xaa)), await decode(continued(file, 0x55))];
    } catch (cause) {
      if (!(cause instanceof DamagedImageError)) throw cause;
    }
  }
  const [first, second] = continuations;
  if (!first || !second || !equal(first.buffer, second.buffer)) {
    throw new DamagedImageError(
      "Cannot decode the JPEG: a complete file is required: it is cut off in its picture data",
    );
  }
  return toRgb(first, header);
}

/**
 * The file with 1 kB of the given byte and an end marker after it, in place of zero padding. Two zeros stay, since the
 * last data may be zeros: 16 bits of padding taken for data are less than a few blocks.
 */
function continued(bytes: Uint8Array, byte: number): Uint8Array {
  let length = bytes.length;
  const zeroBefore = (end: number) => bytes[end - 1] === 0;
  while (zeroBefore(length) && zeroBefore(length - 1) && zeroBefore(length - 2)) length--;
  const longer = new Uint8Array(length + 1026).fill(byte, length, length + 1024);
  longer.set(bytes.subarray(0, length));
  longer.set([0xff, 0xd9], length + 1024);
  return longer;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function toRgb({ width, height, format, buffer }: Decoded, { profile }: JpegHeader): Pixels {
  if (format === 2) {
    const data = (profile && inksToSrgb(buffer, profile)) ?? plainInks(buffer);
    return { width, height, data };
  }
  const pixels = { width, height, data: format === 1 ? buffer : fromGrey(buffer) };
  if (profile) toSrgb(pixels, profile);
  return pixels;
}

function fromGrey(values: Uint8Array): Uint8Array {
  const data = new Uint8Array(values.length * 3);
  for (let from = 0, to = 0; from < values.length; from++) {
    data[to++] = data[to++] = data[to++] = values[from]!;
  }
  return data;
}

/** Inks as they are without a profile: each takes its share of the light, as Pillow has it. */
function plainInks(inks: Uint8Array): Uint8Array {
  const data = new Uint8Array(inks.length / 4 * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) data[to++] = ((255 - inks[from + ink]!) * light + 127) / 255;
  }
  return data;
}
