import { failPickle } from "./error.ts";
import { Global } from "./globals.ts";
import { rebuildTensor, TensorReference } from "./tensor_reference.ts";
import { describe, Dictionary, Opaque, type Value } from "./value.ts";

/**
 * What a call of a known name gives; inert names give an inert object. Nothing is run.
 *
 * @throws {PyTorchFileError} for calls of anything else
 */
export function call(callee: Value, args: Value): Value {
  if (callee instanceof Opaque) return callee;
  if (!(callee instanceof Global)) failPickle("a name to call", describe(callee));
  if (!Array.isArray(args)) failPickle("a list of arguments", describe(args));
  switch (callee.role.kind) {
    case "ordered dictionary":
      return args.length === 0
        ? new Dictionary()
        : failPickle("an OrderedDict whose items follow it", "arguments");
    case "tensor":
      return rebuildTensor(args);
    case "parameter":
      return args[0] instanceof TensorReference ? args[0] : failPickle("a tensor", describe(args[0]));
    case "size":
      return args[0] ?? [];
    case "inert":
      return new Opaque(callee.name);
    case "storage":
      return failPickle("a storage by its persistent id", `a call of ${callee.name}`);
  }
}
