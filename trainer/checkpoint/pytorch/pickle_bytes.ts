import { failPickle } from "./error.ts";

const MAX_INTEGER_BYTES = 64;

/** The bytes of a pickle, read from its start; each read fails where they end before. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that are behind. */
  get at(): number {
    return this.#at;
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** The one number that is big-endian. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  skip(length: number): void {
    this.#take(length);
  }

  slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Little-endian. */
  uint(width: 1 | 2 | 4): number {
    const at = this.#take(width);
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.slice(length));
  }

  /** Two's complement, little-endian. */
  integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) {
      failPickle(`integers of at most ${MAX_INTEGER_BYTES} bytes`, String(length));
    }
    let value = 0n;
    for (const byte of this.slice(length).toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** What is before the next line feed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) failPickle("a whole pickle", "a name that does not end");
    const text = this.text(end - this.#at);
    this.skip(1);
    return text;
  }

  /** The offset of the next `length` bytes, which are then behind. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) {
      failPickle("a whole pickle", `one that is cut at byte ${this.#bytes.length}`);
    }
    this.#at += length;
    return at;
  }
}
