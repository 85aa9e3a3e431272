/** A box of the ISO base media container. */
export interface Box {
  name: string;
  data: Reader;
  /** Whether the bytes end before the box does. */
  cut: boolean;
}

/** A picture in tiles has a few hundred; each takes much more room than its eight bytes. */
const MOST_BOXES = 10_000;

/** Reads big-endian numbers one after another; beyond the end it throws a RangeError, as DataView does. */
export class Reader {
  #view: DataView;
  at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** An unsigned number of 0 to 8 bytes. */
  uint(size: number): number {
    let value = 0;
    for (let byte = 0; byte < size; byte++) value = value * 256 + this.#view.getUint8(this.at++);
    return value;
  }

  text(size: number): string {
    return Array.from({ length: size }, () => String.fromCharCode(this.uint(1))).join("");
  }

  /**
   * The boxes from here on (ISO/IEC 14496-12, 4.2), but not those inside of them.
   *
   * @throws {RangeError} if there are more than 10,000
   */
  *boxes(): Generator<Box> {
    for (let box = 0; this.left >= 8; box++) {
      if (box === MOST_BOXES) throw new RangeError(`Cannot read boxes: at most ${MOST_BOXES} are accepted`);
      const start = this.at;
      let size = this.uint(4);
      const name = this.text(4);
      if (size === 1) size = this.uint(8);
      const end = size === 0 ? this.bytes.length : start + Math.max(size, this.at - start);
      yield { name, data: new Reader(this.bytes.subarray(this.at, end)), cut: end > this.bytes.length };
      this.at = end;
    }
  }
}
