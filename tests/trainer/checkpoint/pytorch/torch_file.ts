import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";

type Part = number | number[] | Uint8Array;

/** Bytes one after the other. */
export function bytes(...parts: Part[]): Uint8Array {
  const arrays = parts.map((part) => typeof part === "number" ? [part] : part);
  const joined = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
}

const ascii = (text: string) => new TextEncoder().encode(text);

function uint32(value: number): Uint8Array {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, value, true);
  return four;
}

// Pieces of a pickle, named after what Python makes of them.

export const MARK = ascii("(");
export const EMPTY_LIST = ascii("]");
export const APPENDS = ascii("e");
export const TUPLE1 = Uint8Array.of(0x85);
export const TUPLE2 = Uint8Array.of(0x86);
export const BUILD = ascii("b");
export const BINPERSID = ascii("Q");
/** Remembers the value on top as number 0, and puts it there again. */
export const BINPUT_0 = bytes(ascii("q"), 0);
export const BINGET_0 = bytes(ascii("h"), 0);

export const string = (text: string) => bytes(ascii("X"), uint32(ascii(text).length), ascii(text));
export const int = (value: number) => bytes(ascii("J"), uint32(value));
export const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`);
export const stackGlobal = (module: string, name: string) => bytes(string(module), string(name), 0x93);
export const tuple = (...items: Uint8Array[]) => bytes(MARK, ...items, ascii("t"));
export const call = (callee: Uint8Array, ...args: Uint8Array[]) => bytes(callee, tuple(...args), ascii("R"));

export function dictionary(items: Record<string, Uint8Array>): Uint8Array {
  const pairs = Object.entries(items).flatMap(([key, value]) => [string(key), value]);
  return bytes(ascii("}"), MARK, ...pairs, ascii("u"));
}

interface View {
  key?: string;
  /** Of the storage. */
  elements: number;
  type?: string;
  offset?: number;
  shape: number[];
  stride: number[];
}

/** A tensor as torch.save writes it. */
export function tensor({ key = "0", elements, type = "FloatStorage", offset = 0, shape, stride }: View) {
  const id = tuple(string("storage"), global("torch", type), string(key), string("cpu"), int(elements));
  return call(
    global("torch._utils", "_rebuild_tensor_v2"),
    bytes(id, BINPERSID),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...stride.map(int)),
    Uint8Array.of(0x89),
    call(global("collections", "OrderedDict")),
  );
}

/** A whole pickle of one value. */
export const pickle = (value: Uint8Array) => bytes([0x80, 2], value, ascii("."));

interface Archive {
  storages?: Record<string, Uint8Array>;
  byteorder?: string;
  /** Compresses the entries, which torch.save never does. */
  packed?: boolean;
}

/** The zip that torch.save would write around a pickle. */
export async function archive(
  data: Uint8Array,
  { storages = {}, byteorder = "little", packed = false }: Archive = {},
): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    level: packed ? 9 : 0,
    useWebWorkers: false,
    dataDescriptor: false,
  });
  await writer.add("model/data.pkl", new Uint8ArrayReader(data));
  await writer.add("model/byteorder", new Uint8ArrayReader(ascii(byteorder)));
  for (const [key, contents] of Object.entries(storages)) {
    await writer.add(`model/data/${key}`, new Uint8ArrayReader(contents));
  }
  return await writer.close();
}
