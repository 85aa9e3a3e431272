import type { Dtype } from "../dtypes.ts";
import { PyTorchFileError } from "./error.ts";

/**
 * What a name in a pickle stands for here. "inert": an object that checkpoints carry beside their tensors, such as
 * the command line of the training; it is passed over, nothing is made of it.
 */
export type Role =
  | { kind: "ordered dictionary" | "tensor" | "parameter" | "size" | "inert" }
  | { kind: "storage"; dtype: Dtype | undefined };

/** A name that a pickle may mention. It is a mark, never the Python object of that name. */
export class Global {
  constructor(readonly name: string, readonly role: Role) {}
}

const STORAGES: Record<string, Dtype> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

const ROLES: Record<string, Role["kind"] & ("ordered dictionary" | "tensor" | "parameter" | "size")> = {
  "collections.OrderedDict": "ordered dictionary",
  "torch._utils._rebuild_tensor": "tensor",
  "torch._utils._rebuild_tensor_v2": "tensor",
  "torch._utils._rebuild_parameter": "parameter",
  "torch.Size": "size",
};

/** Names that checkpoints carry and no tensor of an encoder needs; a name that ends in a dot is a package. */
const INERT = [
  "argparse.Namespace",
  "collections.Counter",
  "collections.defaultdict",
  "pathlib.Path",
  "pathlib.PosixPath",
  "_codecs.encode",
  "numpy.dtype",
  "numpy.ndarray",
  "numpy.core.multiarray.scalar",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray.scalar",
  "numpy._core.multiarray._reconstruct",
  "torch.device",
  "torch._utils._rebuild_tensor_v3",
  "torch._utils._rebuild_device_tensor_from_numpy",
  "torch.float64",
  "torch.float32",
  "torch.float16",
  "torch.bfloat16",
  "torch.int64",
  "builtins.set",
  "builtins.frozenset",
  "builtins.complex",
  "__builtin__.set",
  "pytorch_lightning.",
  "lightning.",
  "lightning_fabric.",
  "lightly.",
  "omegaconf.",
];

/**
 * The role of a name that a pickle mentions.
 *
 * @throws {PyTorchFileError} that says the name, if it is none that a checkpoint needs
 */
export function lookUp(module: string, name: string): Global {
  const full = `${module}.${name}`;
  if (Object.hasOwn(STORAGES, full)) return new Global(full, { kind: "storage", dtype: STORAGES[full] });
  if (full === "torch.storage.UntypedStorage" || full === "torch.UntypedStorage") {
    return new Global(full, { kind: "storage", dtype: undefined });
  }
  if (Object.hasOwn(ROLES, full)) return new Global(full, { kind: ROLES[full]! });
  if (INERT.some((inert) => inert.endsWith(".") ? full.startsWith(inert) : full === inert)) {
    return new Global(full, { kind: "inert" });
  }
  throw new PyTorchFileError(
    `Cannot read the checkpoint: tensors and plain containers are required: received a call for ${
      JSON.stringify(full.slice(0, 200))
    } (in Python, torch.save(model.state_dict(), path) writes a file without it)`,
  );
}
