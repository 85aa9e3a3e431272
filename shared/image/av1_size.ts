const SEQUENCE_HEADER = 1;
/** A still picture has about five units, and one more for each group of tiles. */
const MOST_UNITS = 1000;
/** Before the bits of a number of up to 32 (AV1 specification, 4.10.3). */
const MOST_ZEROS = 32;

/**
 * The largest frame, in pixels, that the sequence headers of an AV1 item announce: what a decoder makes room for,
 * whatever the container says (AV1 specification, 5.3 to 5.5). 0 x 0 if there is none.
 *
 * @throws {RangeError} if the data end within a header, or have more than 1,000 units
 */
export function largestFrame(data: Uint8Array): { width: number; height: number } {
  const bits = new Bits(data);
  let largest = { width: 0, height: 0 };
  for (let unit = 0; bits.at < bits.length; unit++) {
    if (unit === MOST_UNITS) throw new RangeError("Cannot read AV1 data: they have too many units");
    bits.read(1);
    const type = bits.read(4);
    const extension = bits.read(1), sized = bits.read(1);
    bits.read(1 + 8 * extension);
    const end = sized ? bits.leb128() * 8 + bits.at : bits.length;
    if (type === SEQUENCE_HEADER) {
      const frame = readSequence(bits);
      if (frame.width * frame.height > largest.width * largest.height) largest = frame;
    }
    bits.at = end;
  }
  return largest;
}

function readSequence(bits: Bits): { width: number; height: number } {
  bits.read(4); // profile, still picture
  if (bits.read(1)) bits.read(5); // the reduced header of a still picture: its level alone
  else skipOperatingPoints(bits);
  const widthBits = bits.read(4) + 1, heightBits = bits.read(4) + 1;
  return { width: bits.read(widthBits) + 1, height: bits.read(heightBits) + 1 };
}

function skipOperatingPoints(bits: Bits): void {
  let delayBits = 0;
  if (bits.read(1)) { // timing
    bits.at += 64;
    if (bits.read(1)) bits.skipUvlc(); // equal intervals
    if (bits.read(1)) { // decoder model
      delayBits = bits.read(5) + 1;
      bits.at += 42;
    }
  }
  const displayDelay = bits.read(1);
  for (let left = bits.read(5) + 1; left > 0; left--) {
    bits.read(12);
    if (bits.read(5) > 7) bits.read(1); // level, tier
    if (delayBits > 0 && bits.read(1)) bits.at += 2 * delayBits + 1;
    if (displayDelay && bits.read(1)) bits.read(4);
  }
}

class Bits {
  at = 0;
  readonly length: number;

  constructor(private bytes: Uint8Array) {
    this.length = bytes.length * 8;
  }

  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--, this.at++) {
      const byte = this.bytes[this.at >> 3];
      if (byte === undefined) throw new RangeError("Cannot read AV1 data: they end within a header");
      value = value * 2 + (byte >> (7 - this.at % 8) & 1);
    }
    return value;
  }

  leb128(): number {
    let value = 0;
    for (let place = 0; place < 8; place++) {
      const more = this.read(1);
      value += this.read(7) * 128 ** place;
      if (!more) break;
    }
    return value;
  }

  /** @throws {RangeError} if the number has more bits than any can have */
  skipUvlc(): void {
    let zeros = 0;
    while (this.read(1) === 0) {
      if (++zeros > MOST_ZEROS) throw new RangeError("Cannot read AV1 data: a number is too long");
    }
    this.at += zeros < 32 ? zeros : 0;
  }
}
