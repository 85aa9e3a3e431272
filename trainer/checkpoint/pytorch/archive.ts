import { Reader, ZipReader } from "@zip.js/zip.js";
import type { RandomAccessFile } from "../random_access.ts";
import { PyTorchFileError } from "./error.ts";

const MAX_ENTRIES = 100_000; // a ResNet-50 with the state of its optimizer has 815
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
const MAX_PICKLE_BYTES = 32 * 1024 * 1024; // about 120 bytes for each tensor
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;

interface Entry {
  /** Of the entry's own header, which its bytes follow. */
  offset: number;
  size: number;
}

/** The zip that torch.save writes since PyTorch 1.6: `data.pkl` and `data/<key>` in one folder, all stored as they are. */
export class TorchArchive {
  readonly #file: RandomAccessFile;
  readonly #pickle: Entry;
  readonly #storages: ReadonlyMap<string, Entry>;

  private constructor(file: RandomAccessFile, pickle: Entry, storages: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#pickle = pickle;
    this.#storages = storages;
  }

  /**
   * Reads the directory of the zip.
   *
   * @throws {PyTorchFileError} if the file is cut, packed, encrypted, big-endian, or has more entries than a checkpoint
   */
  static async open(file: RandomAccessFile): Promise<TorchArchive> {
    const entries = await readDirectory(file);
    const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
    const [name] = pickles;
    if (pickles.length !== 1 || name === undefined) {
      fail(
        "one */data.pkl, as torch.save writes it,",
        pickles.length === 0 ? "a zip without it" : String(pickles),
      );
    }
    const root = name.slice(0, -"data.pkl".length);
    const storages = new Map<string, Entry>();
    for (const [name, entry] of entries) {
      if (name.startsWith(`${root}data/`)) storages.set(name.slice(root.length + "data/".length), entry);
    }
    const archive = new TorchArchive(file, entries.get(name)!, storages);
    const order = entries.get(`${root}byteorder`);
    if (order && new TextDecoder().decode(archive.#read(order, 0, Math.min(order.size, 16))) !== "little") {
      fail("little-endian tensors", "another byte order");
    }
    return archive;
  }

  readPickle(): Uint8Array {
    const { size } = this.#pickle;
    if (size > MAX_PICKLE_BYTES) fail(`a data.pkl of at most ${MAX_PICKLE_BYTES} bytes`, String(size));
    return this.#read(this.#pickle, 0, size);
  }

  /** Bytes of a storage; undefined if there is none of that key. */
  storageSize(key: string): number | undefined {
    return this.#storages.get(key)?.size;
  }

  readStorage(key: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#read(this.#storages.get(key)!, offset, length);
  }

  #read(entry: Entry, offset: number, length: number): Uint8Array<ArrayBuffer> {
    const header = new DataView(this.#readFile(entry.offset, LOCAL_HEADER_BYTES).buffer);
    if (header.getUint32(0, true) !== LOCAL_HEADER_SIGNATURE) {
      fail("an entry where the directory says", "none");
    }
    const names = header.getUint16(26, true) + header.getUint16(28, true); // the name and the extra field
    return this.#readFile(entry.offset + LOCAL_HEADER_BYTES + names + offset, length);
  }

  #readFile(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const { size } = this.#file;
    if (offset + length > size) {
      fail(`entries inside the file of ${size} bytes`, `one that ends at ${offset + length}`);
    }
    return this.#file.read(offset, length);
  }
}

async function readDirectory(file: RandomAccessFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const reader = new ZipReader(new FileReader(file));
  let total = 0;
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const { filename, offset, uncompressedSize, compressedSize, compressionMethod, encrypted } = entry;
      if (entries.size >= MAX_ENTRIES) fail(`at most ${MAX_ENTRIES} entries`, "more");
      if (compressionMethod !== 0 || compressedSize !== uncompressedSize || encrypted) {
        fail("entries that are stored as they are", `${filename}, which is packed`);
      }
      total += uncompressedSize;
      if (total > file.size) fail(`entries within the file of ${file.size} bytes`, `${total} bytes`);
      if (entries.has(filename)) fail("each name once", filename);
      entries.set(filename, { offset: offset!, size: uncompressedSize });
    }
  } catch (cause) {
    if (cause instanceof PyTorchFileError || !(cause instanceof Error)) throw cause;
    throw new PyTorchFileError(`Cannot read the checkpoint: a whole zip is required: ${cause.message}`, {
      cause,
    });
  }
  return entries;
}

/** Gives the zip library the file by offset, but never much of it at once. */
class FileReader extends Reader<RandomAccessFile> {
  readonly #file: RandomAccessFile;

  constructor(file: RandomAccessFile) {
    super(file);
    this.#file = file;
    this.size = file.size;
  }

  override readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    if (length > MAX_DIRECTORY_BYTES) {
      fail(`a directory of at most ${MAX_DIRECTORY_BYTES} bytes`, String(length));
    }
    const inside = Math.max(0, Math.min(length, this.#file.size - offset));
    return Promise.resolve(this.#file.read(offset, inside));
  }
}

function fail(required: string, received: string): never {
  throw new PyTorchFileError(`Cannot read the checkpoint: ${required} is required: received ${received}`);
}
