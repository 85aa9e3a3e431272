import type { LazyTensor, LazyTensorMap } from "../lazy_tensor.ts";
import { LayoutError } from "./error.ts";
import { inferNetwork, type InferredNetwork, misfits, shapesOf } from "./infer.ts";
import type { Layout, Recognised } from "./layout.ts";
import { lightly } from "./lightly.ts";
import { official } from "./official.ts";
import { soloLearn } from "./solo_learn.ts";
import { torchvision } from "./torchvision.ts";

/** Parts of names that PyTorch's wrappers add: (Distributed)DataParallel, and torch.compile. */
const WRAPPERS = new Set(["module", "_orig_mod"]);

const LAYOUTS: Layout[] = [official, lightly, soloLearn, torchvision];

/** A checkpoint's tensors under a run's names. */
export interface Arranged {
  layout: string;
  network: InferredNetwork;
  /** `encoder_q.*`; with what the file has of `encoder_k.*`, `queue` [dim, K] and `optimizer.*`, each whole or not at all. */
  state: LazyTensorMap;
  /** [1]: the column of the queue that is the oldest; undefined if the file does not say. */
  queuePointer?: LazyTensor;
}

/**
 * Finds out which library a checkpoint is from, and what network it holds.
 *
 * @param tensors in the model's order
 * @param momentum SGD's buffers by the parameter's place in that order
 * @throws {LayoutError} if the names are no known layout's, or the shapes no known network's
 */
export function arrange(tensors: LazyTensorMap, momentum: ReadonlyMap<number, LazyTensor>): Arranged {
  const { layout, renamed, smallStem } = recognise(unwrapped(tensors));
  const encoder = below(renamed, "encoder_q.");
  const network = inferNetwork(encoder, smallStem);
  const shapes = shapesOf(network);
  const state: LazyTensorMap = new Map();
  const add = (prefix: string, found: LazyTensorMap, names: Iterable<string>) => {
    for (const name of names) state.set(prefix + name, found.get(name)!);
  };
  add("encoder_q.", encoder, shapes.keys());
  // The rest is of use for training on, with the head that it was trained with.
  if (network.dim === 0) return { layout: layout.name, network, state };

  const key = below(renamed, "encoder_k.");
  if (misfits(key, shapes).length === 0) add("encoder_k.", key, shapes.keys());
  const queue = renamed.get("queue");
  if (queue?.shape.length === 2 && queue.shape[0] === network.dim) state.set("queue", queue);
  const parameters = [...encoder.keys()].filter((name) => /\.(weight|bias)$/.test(name));
  const buffers: LazyTensorMap = new Map();
  parameters.forEach((name, place) => {
    const buffer = momentum.get(place);
    if (buffer) buffers.set(name, buffer);
  });
  const learned = new Map([...shapes].filter(([name]) => /\.(weight|bias)$/.test(name)));
  if (misfits(buffers, learned).length === 0) add("optimizer.", buffers, learned.keys());
  return { layout: layout.name, network, state, queuePointer: renamed.get("queue_ptr") };
}

/** The tensors under the names that they have without wrappers. */
function unwrapped(tensors: LazyTensorMap): LazyTensorMap {
  const plain = (name: string) => name.split(".").filter((part) => !WRAPPERS.has(part)).join(".");
  return new Map([...tensors].map(([name, tensor]) => [plain(name), tensor]));
}

function recognise(
  tensors: LazyTensorMap,
): { layout: Layout; renamed: LazyTensorMap; smallStem: Recognised["smallStem"] } {
  const names = new Set(tensors.keys());
  for (const layout of LAYOUTS) {
    const recognised = layout.recognise(names);
    if (!recognised) continue;
    const renamed: LazyTensorMap = new Map();
    for (const [name, tensor] of tensors) {
      const ours = recognised.rename(name);
      if (ours !== undefined) renamed.set(ours, tensor);
    }
    return { layout, renamed, smallStem: recognised.smallStem };
  }
  const found = [...names].slice(0, 5).map((name) => `${name} [${tensors.get(name)!.shape}]`);
  throw new LayoutError(
    `Cannot import the checkpoint: a known layout is required:\n${
      LAYOUTS.map(({ name, expects }) => `  ${name}: ${expects}`).join("\n")
    }\nreceived ${names.size} tensors: ${found.join(", ")}${names.size > 5 ? ", ..." : ""}`,
  );
}

/** The tensors whose names begin with `prefix`, under the rest of their names. */
function below(tensors: LazyTensorMap, prefix: string): LazyTensorMap {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
