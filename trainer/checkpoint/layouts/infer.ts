import type { LazyTensorMap } from "../lazy_tensor.ts";
import { type Architecture, ARCHITECTURES, convolutions, layOut } from "../../moco/architecture.ts";
import { LayoutError } from "./error.ts";

/** A network that a run's settings can describe. */
export interface InferredNetwork {
  architecture: keyof typeof ARCHITECTURES;
  width: number;
  stem: Architecture["stem"];
  head: "linear" | "mlp";
  /** Dimensions of the projection; 0 for a backbone alone. */
  dim: number;
  /** Why a head that the file has is not taken. */
  headLeftOut?: string;
}

/**
 * Infers a ResNet from its tensors' shapes.
 *
 * @param encoder the official code's names, without `encoder_q.`
 * @param smallStem what a first convolution of 3x3 belongs to; undefined if a run cannot have it
 * @throws {LayoutError} if the tensors are not those of a ResNet of a known depth, whole and without others
 */
export function inferNetwork(
  encoder: LazyTensorMap,
  smallStem: Architecture["stem"] | undefined,
): InferredNetwork {
  const [width, , kernel] = encoder.get("conv1.weight")?.shape ?? [];
  const stem = kernel === 7 ? "imagenet" : smallStem;
  if (stem === undefined) {
    throw new LayoutError(
      "Cannot import the encoder: a 3x3 stem with one pixel of padding is required: received solo-learn's, which has two",
    );
  }
  const block = encoder.has("layer1.0.conv3.weight") ? "Bottleneck" : "BasicBlock";
  const layers = [1, 2, 3, 4].map((stage) => countBlocks(encoder, `layer${stage}`));
  const found = Object.entries(ARCHITECTURES).find(([, known]) =>
    known.block === block && known.layers.join() === layers.join()
  );
  if (!found || width === undefined) {
    const known = Object.entries(ARCHITECTURES).map(([name, { block, layers }]) =>
      `${name} (${block}s ${layers.join(", ")})`
    );
    throw new LayoutError(
      `Cannot import the encoder: ${known.join(", ")} is required: received ${block}s ${layers.join(", ")}`,
    );
  }
  const architecture = found[0] as keyof typeof ARCHITECTURES;
  const backbone: InferredNetwork = { architecture, width, stem, head: "mlp", dim: 0 };
  requireTensors(encoder, shapesOf(backbone));
  const headNames = [...encoder.keys()].filter((name) => name.startsWith("fc."));
  if (headNames.length === 0) return backbone;
  const head = headNames.includes("fc.weight") ? "linear" : "mlp";
  const dim = encoder.get(head === "linear" ? "fc.weight" : "fc.2.weight")?.shape[0] ?? 0;
  const whole: InferredNetwork = { ...backbone, head, dim };
  const wrong = misfits(encoder, shapesOf(whole));
  if (dim > 0 && wrong.length === 0) return whole;
  return { ...backbone, headLeftOut: wrong.join("; ") || `it has ${headNames.join(", ")}` };
}

/** Shapes of the tensors that an encoder of the official code has, counters aside. */
export function shapesOf(inferred: InferredNetwork): Map<string, number[]> {
  const { architecture, head, ...rest } = inferred;
  const network = layOut({ ...ARCHITECTURES[architecture], ...rest, mlp: head === "mlp" });
  const shapes = new Map<string, number[]>();
  for (const { convolution, batchNorm, in: channels, out, kernel } of convolutions(network)) {
    shapes.set(`${convolution}.weight`, [out, channels, kernel, kernel]);
    for (const part of ["weight", "bias", "running_mean", "running_var"]) {
      shapes.set(`${batchNorm}.${part}`, [out]);
    }
  }
  for (const { name, in: channels, out } of network.head) {
    shapes.set(`${name}.weight`, [out, channels]);
    shapes.set(`${name}.bias`, [out]);
  }
  return shapes;
}

/** What the tensors lack or have otherwise, a few of them; empty if they fit. */
export function misfits(encoder: LazyTensorMap, shapes: Map<string, number[]>): string[] {
  const wrong = [...shapes].filter(([name, shape]) => encoder.get(name)?.shape.join() !== shape.join());
  return wrong.slice(0, 3).map(([name, shape]) => {
    const received = encoder.get(name)?.shape;
    return `${name} of shape [${shape}] is required: received ${received ? `[${received}]` : "none"}`;
  });
}

function requireTensors(encoder: LazyTensorMap, shapes: Map<string, number[]>): void {
  const wrong = misfits(encoder, shapes);
  if (wrong.length > 0) throw new LayoutError(`Cannot import the encoder: ${wrong.join("; ")}`);
  // A layer that the ResNet here does not have would change what comes out.
  const others = [...encoder.keys()].filter((name) =>
    !shapes.has(name) && !name.startsWith("fc.") && !name.endsWith(".num_batches_tracked")
  );
  if (others.length > 0) {
    throw new LayoutError(
      `Cannot import the encoder: a plain ResNet is required: received ${others.slice(0, 3).join(", ")} too`,
    );
  }
}

function countBlocks(encoder: LazyTensorMap, stage: string): number {
  let count = 0;
  while (encoder.has(`${stage}.${count}.conv1.weight`)) count++;
  return count;
}
