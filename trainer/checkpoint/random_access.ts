/** A file that is read by offset, so that only what is needed comes into memory. */
export class RandomAccessFile implements Disposable {
  readonly size: number;
  readonly #file: Deno.FsFile;

  /**
   * @throws {Deno.errors.NotFound} if there is no such file
   * @throws {Deno.errors.IsADirectory} if it is a folder
   */
  constructor(path: string) {
    const { isDirectory, size } = Deno.statSync(path);
    if (isDirectory) throw new Deno.errors.IsADirectory(`${path} is a folder`);
    this.#file = Deno.openSync(path, { read: true });
    this.size = size;
  }

  /** @throws {RangeError} if the bytes are not all inside the file */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new RangeError(
        `Cannot read ${length} bytes at ${offset}: a place inside the file of ${this.size} bytes is required`,
      );
    }
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let filled = 0; filled < length;) {
      const count = this.#file.readSync(bytes.subarray(filled));
      if (count === null) throw new RangeError(`Cannot read ${length} bytes at ${offset}: the file was cut`);
      filled += count;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
