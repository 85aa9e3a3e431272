import { arrange } from "../checkpoint/layouts/arrange.ts";
import { openCheckpoint } from "../checkpoint/open_checkpoint.ts";
import { RandomAccessFile } from "../checkpoint/random_access.ts";
import type { Tensor, TensorMap } from "../checkpoint/safetensors.ts";
import { exists } from "../files/exists.ts";
import { floatGraph, OUTPUT } from "../onnx/float_graph.ts";
import { foldBatchNorms } from "../onnx/fold.ts";
import { openSession } from "../onnx/session.ts";
import { layOut } from "./architecture.ts";
import { below } from "./moco.ts";
import { architectureOf } from "./settings.ts";

/**
 * The L2-normalised projections of the first of `views` by the query encoder of a checkpoint, the way of import and
 * export.
 *
 * @param views [steps, batch, 3, size, size]
 * @returns [batch, dim]; undefined if there is no such file
 */
export async function embedImported(path: string, views: Tensor): Promise<Float32Array | undefined> {
  if (!await exists(path)) return undefined;
  using file = new RandomAccessFile(path);
  const { tensors, momentum } = await openCheckpoint(file);
  const { network: inferred, state } = arrange(tensors, momentum);
  const weights: TensorMap = new Map();
  for (const [name, tensor] of state) weights.set(name, { shape: tensor.shape, data: tensor.read() });
  const network = layOut(architectureOf(inferred));
  const [steps, , , , size] = views.shape as [number, number, number, number, number];
  const folded = foldBatchNorms(network, below(weights, "encoder_q."));
  const session = await openSession(floatGraph(network, folded, size, "projection"), size);
  const embeddings = (await session.run(views.data.subarray(0, views.data.length / steps))).get(OUTPUT)!;
  await session.release();
  return embeddings;
}
