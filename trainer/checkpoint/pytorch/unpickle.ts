import { PyTorchFileError } from "./error.ts";
import { Global, lookUp } from "./globals.ts";
import { rebuildTensor, StorageReference, TensorReference } from "./tensor_reference.ts";
import { describe, Dictionary, Opaque, type Value } from "./value.ts";

/** Containers, tensors, numbers on the stack, and remembered values; about six for each tensor. */
const MAX_OBJECTS = 1_000_000;
const MAX_INTEGER_BYTES = 64;
const HIGHEST_PROTOCOL = 5;

/** Python's opcodes (Lib/pickle.py) that torch.save writes with protocols 2 to 5. */
const OP = {
  MARK: 0x28, // (
  EMPTY_TUPLE: 0x29, // )
  STOP: 0x2e, // .
  BINFLOAT: 0x47, // G
  BININT: 0x4a, // J
  BININT1: 0x4b, // K
  BININT2: 0x4d, // M
  NONE: 0x4e, // N
  BINPERSID: 0x51, // Q
  REDUCE: 0x52, // R
  BINUNICODE: 0x58, // X
  EMPTY_LIST: 0x5d, // ]
  APPEND: 0x61, // a
  BUILD: 0x62, // b
  GLOBAL: 0x63, // c
  DICT: 0x64, // d
  APPENDS: 0x65, // e
  BINGET: 0x68, // h
  LONG_BINGET: 0x6a, // j
  BINPUT: 0x71, // q
  LONG_BINPUT: 0x72, // r
  SETITEM: 0x73, // s
  TUPLE: 0x74, // t
  SETITEMS: 0x75, // u
  EMPTY_DICT: 0x7d, // }
  BINBYTES: 0x42, // B
  SHORT_BINBYTES: 0x43, // C
  PROTO: 0x80,
  NEWOBJ: 0x81,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  SHORT_BINUNICODE: 0x8c,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  NEWOBJ_EX: 0x92,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;

/**
 * Reads a pickle as data. Nothing that it names is imported, looked up or called: the few names that a checkpoint
 * needs have a meaning here (globals.ts), and any other is refused.
 *
 * @param findStorage turns a persistent id, which is how torch.save refers to a storage, into the storage
 * @throws {PyTorchFileError} for other names and opcodes, calls of what is no name, and what is cut or too large
 */
export function unpickle(bytes: Uint8Array, findStorage: (id: Value) => StorageReference): Value {
  return new Machine(bytes, findStorage).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #findStorage: (id: Value) => StorageReference;
  readonly #stack: Value[] = [];
  /** Heights of the stack at its marks. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;
  #objects = 0;

  constructor(bytes: Uint8Array, findStorage: (id: Value) => StorageReference) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#findStorage = findStorage;
  }

  run(): Value {
    while (true) {
      const op = this.#uint(1);
      if (op === OP.STOP) return this.#pop();
      this.#step(op);
    }
  }

  #step(op: number): void {
    switch (op) {
      case OP.PROTO: {
        const protocol = this.#uint(1);
        if (protocol > HIGHEST_PROTOCOL) fail(`protocol 2 to ${HIGHEST_PROTOCOL}`, String(protocol));
        return;
      }
      case OP.FRAME:
        this.#take(8);
        return;
      case OP.MARK:
        this.#count();
        this.#marks.push(this.#stack.length);
        return;

      case OP.NONE:
        return this.#push(null);
      case OP.NEWTRUE:
        return this.#push(true);
      case OP.NEWFALSE:
        return this.#push(false);
      case OP.BININT:
        return this.#push(this.#view.getInt32(this.#take(4), true));
      case OP.BININT1:
        return this.#push(this.#uint(1));
      case OP.BININT2:
        return this.#push(this.#uint(2));
      case OP.LONG1:
        return this.#push(this.#integer(this.#uint(1)));
      case OP.BINFLOAT:
        return this.#push(this.#view.getFloat64(this.#take(8)));
      case OP.BINUNICODE:
        return this.#push(this.#text(this.#uint(4)));
      case OP.SHORT_BINUNICODE:
        return this.#push(this.#text(this.#uint(1)));
      case OP.BINBYTES:
        return this.#push(this.#slice(this.#uint(4)));
      case OP.SHORT_BINBYTES:
        return this.#push(this.#slice(this.#uint(1)));

      case OP.EMPTY_TUPLE:
      case OP.EMPTY_LIST:
      case OP.EMPTY_SET:
        return this.#make([]);
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3:
        return this.#make(this.#popMany(op - OP.TUPLE1 + 1));
      case OP.TUPLE:
        return this.#make(this.#popToMark());
      case OP.EMPTY_DICT:
        return this.#make(new Dictionary());
      case OP.DICT: {
        const items = this.#popToMark();
        return this.#make(setItems(new Dictionary(), items));
      }
      case OP.APPEND:
        return this.#append([this.#pop()]);
      case OP.APPENDS:
      case OP.ADDITEMS:
        return this.#append(this.#popToMark());
      case OP.SETITEM:
        return this.#setItems(this.#popMany(2));
      case OP.SETITEMS:
        return this.#setItems(this.#popToMark());

      case OP.BINPUT:
        return this.#remember(this.#uint(1));
      case OP.LONG_BINPUT:
        return this.#remember(this.#uint(4));
      case OP.MEMOIZE:
        return this.#remember(this.#memo.size);
      case OP.BINGET:
        return this.#recall(this.#uint(1));
      case OP.LONG_BINGET:
        return this.#recall(this.#uint(4));

      case OP.GLOBAL:
        return this.#make(lookUp(this.#line(), this.#line()));
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        if (typeof module !== "string" || typeof name !== "string") fail("a name", describe(name));
        return this.#make(lookUp(module, name));
      }
      case OP.BINPERSID:
        return this.#make(this.#findStorage(this.#pop()));
      case OP.REDUCE:
      case OP.NEWOBJ: {
        const [callee, args] = this.#popMany(2);
        return this.#make(call(callee!, args!));
      }
      case OP.NEWOBJ_EX: {
        const [callee, args] = this.#popMany(3);
        return this.#make(call(callee!, args!));
      }
      case OP.BUILD: {
        this.#pop(); // the attributes
        const object = this.#top();
        // An OrderedDict has attributes too: `_metadata` of a state_dict.
        if (!(object instanceof Dictionary || object instanceof Opaque)) {
          fail("a dictionary to set attributes of", describe(object));
        }
        return;
      }
      default:
        fail("an opcode that torch.save writes", `0x${op.toString(16)} at byte ${this.#at - 1}`);
    }
  }

  /** Counts what takes memory, so that a small file cannot take much of it. */
  #count(): void {
    if (++this.#objects > MAX_OBJECTS) {
      fail(`at most ${MAX_OBJECTS} objects`, "more, as no checkpoint of an encoder has");
    }
  }

  #push(value: Value): void {
    if (this.#stack.length >= MAX_OBJECTS) fail(`a stack of at most ${MAX_OBJECTS} values`, "more");
    this.#stack.push(value);
  }

  #make(value: Value): void {
    this.#count();
    this.#push(value);
  }

  #pop(): Value {
    return this.#popMany(1)[0]!;
  }

  #top(): Value {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  #popMany(count: number): Value[] {
    const left = this.#stack.length - count;
    if (left < (this.#marks.at(-1) ?? 0)) fail("a value on the stack", "none");
    return this.#stack.splice(left, count);
  }

  #popToMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) fail("a mark on the stack", "none");
    return this.#stack.splice(mark);
  }

  #append(values: Value[]): void {
    const list = this.#top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list)) fail("a list to append to", describe(list));
    for (const value of values) list.push(value);
  }

  #setItems(items: Value[]): void {
    const target = this.#top();
    if (target instanceof Opaque) return;
    if (!(target instanceof Dictionary)) fail("a dictionary to set items of", describe(target));
    setItems(target, items);
  }

  #remember(index: number): void {
    this.#count();
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) fail("a remembered value", `number ${index}, which was never stored`);
    this.#push(value);
  }

  /** The offset of the next `length` bytes, which are then behind. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) {
      fail("a whole pickle", `one that is cut at byte ${this.#bytes.length}`);
    }
    this.#at += length;
    return at;
  }

  #slice(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #uint(width: 1 | 2 | 4): number {
    const at = this.#take(width);
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getUint16(at, true) : this.#view.getUint32(at, true);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#slice(length));
  }

  /** Two's complement, little-endian. */
  #integer(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) fail(`integers of at most ${MAX_INTEGER_BYTES} bytes`, String(length));
    let value = 0n;
    for (const byte of this.#slice(length).toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) fail("a whole pickle", "a name that does not end");
    const text = this.#text(end - this.#at);
    this.#take(1);
    return text;
  }
}

/** What a call of a known name gives; inert names give an inert object. */
function call(callee: Value, args: Value): Value {
  if (callee instanceof Opaque) return callee;
  if (!(callee instanceof Global)) fail("a name to call", describe(callee));
  if (!Array.isArray(args)) fail("a list of arguments", describe(args));
  switch (callee.role.kind) {
    case "ordered dictionary":
      return args.length === 0 ? new Dictionary() : fail("an OrderedDict whose items follow it", "arguments");
    case "tensor":
      return rebuildTensor(args);
    case "parameter":
      return args[0] instanceof TensorReference ? args[0] : fail("a tensor", describe(args[0]));
    case "size":
      return args[0] ?? [];
    case "inert":
      return new Opaque(callee.name);
    case "storage":
      return fail("a storage by its persistent id", `a call of ${callee.name}`);
  }
}

function setItems(target: Dictionary, items: Value[]): Dictionary {
  if (items.length % 2 !== 0) fail("a value for each key", `${items.length} items`);
  for (let i = 0; i < items.length; i += 2) target.entries.set(items[i]!, items[i + 1]!);
  return target;
}

function fail(required: string, received: string): never {
  throw new PyTorchFileError(`Cannot read the pickle: ${required} is required: received ${received}`);
}
