import { call } from "./call.ts";
import { failPickle } from "./error.ts";
import { lookUp } from "./globals.ts";
import { OP } from "./opcodes.ts";
import { PickleBytes } from "./pickle_bytes.ts";
import type { StorageReference } from "./tensor_reference.ts";
import { describe, Dictionary, Opaque, type Value } from "./value.ts";

/** Containers, tensors, numbers on the stack, and remembered values; about six for each tensor. */
const MAX_OBJECTS = 1_000_000;
const HIGHEST_PROTOCOL = 5;

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
  readonly #bytes: PickleBytes;
  readonly #findStorage: (id: Value) => StorageReference;
  readonly #stack: Value[] = [];
  /** Heights of the stack at its marks. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  #objects = 0;

  constructor(bytes: Uint8Array, findStorage: (id: Value) => StorageReference) {
    this.#bytes = new PickleBytes(bytes);
    this.#findStorage = findStorage;
  }

  run(): Value {
    while (true) {
      const op = this.#bytes.uint(1);
      if (op === OP.STOP) return this.#pop();
      this.#step(op);
    }
  }

  #step(op: number): void {
    switch (op) {
      case OP.PROTO: {
        const protocol = this.#bytes.uint(1);
        if (protocol > HIGHEST_PROTOCOL) failPickle(`protocol 2 to ${HIGHEST_PROTOCOL}`, String(protocol));
        return;
      }
      case OP.FRAME:
        this.#bytes.skip(8);
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
        return this.#push(this.#bytes.int32());
      case OP.BININT1:
        return this.#push(this.#bytes.uint(1));
      case OP.BININT2:
        return this.#push(this.#bytes.uint(2));
      case OP.LONG1:
        return this.#push(this.#bytes.integer(this.#bytes.uint(1)));
      case OP.BINFLOAT:
        return this.#push(this.#bytes.float64());
      case OP.BINUNICODE:
        return this.#push(this.#bytes.text(this.#bytes.uint(4)));
      case OP.SHORT_BINUNICODE:
        return this.#push(this.#bytes.text(this.#bytes.uint(1)));
      case OP.BINBYTES:
        return this.#push(this.#bytes.slice(this.#bytes.uint(4)));
      case OP.SHORT_BINBYTES:
        return this.#push(this.#bytes.slice(this.#bytes.uint(1)));

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
        return this.#remember(this.#bytes.uint(1));
      case OP.LONG_BINPUT:
        return this.#remember(this.#bytes.uint(4));
      case OP.MEMOIZE:
        return this.#remember(this.#memo.size);
      case OP.BINGET:
        return this.#recall(this.#bytes.uint(1));
      case OP.LONG_BINGET:
        return this.#recall(this.#bytes.uint(4));

      case OP.GLOBAL:
        return this.#make(lookUp(this.#bytes.line(), this.#bytes.line()));
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popMany(2);
        if (typeof module !== "string" || typeof name !== "string") failPickle("a name", describe(name));
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
          failPickle("a dictionary to set attributes of", describe(object));
        }
        return;
      }
      default:
        failPickle("an opcode that torch.save writes", `0x${op.toString(16)} at byte ${this.#bytes.at - 1}`);
    }
  }

  /** Counts what takes memory, so that a small file cannot take much of it. */
  #count(): void {
    if (++this.#objects > MAX_OBJECTS) {
      failPickle(`at most ${MAX_OBJECTS} objects`, "more, as no checkpoint of an encoder has");
    }
  }

  #push(value: Value): void {
    if (this.#stack.length >= MAX_OBJECTS) failPickle(`a stack of at most ${MAX_OBJECTS} values`, "more");
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
    if (left < (this.#marks.at(-1) ?? 0)) failPickle("a value on the stack", "none");
    return this.#stack.splice(left, count);
  }

  #popToMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) failPickle("a mark on the stack", "none");
    return this.#stack.splice(mark);
  }

  #append(values: Value[]): void {
    const list = this.#top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list)) failPickle("a list to append to", describe(list));
    for (const value of values) list.push(value);
  }

  #setItems(items: Value[]): void {
    const target = this.#top();
    if (target instanceof Opaque) return;
    if (!(target instanceof Dictionary)) failPickle("a dictionary to set items of", describe(target));
    setItems(target, items);
  }

  #remember(index: number): void {
    this.#count();
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) failPickle("a remembered value", `number ${index}, which was never stored`);
    this.#push(value);
  }
}

function setItems(target: Dictionary, items: Value[]): Dictionary {
  if (items.length % 2 !== 0) failPickle("a value for each key", `${items.length} items`);
  for (let i = 0; i < items.length; i += 2) target.entries.set(items[i]!, items[i + 1]!);
  return target;
}
