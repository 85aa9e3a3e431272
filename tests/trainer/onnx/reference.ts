import { type Architecture } from "../../../trainer/moco/architecture.ts";
import { readSafetensors, type Tensor, type TensorMap } from "../../../trainer/checkpoint/safetensors.ts";

/** Three steps of the official PyTorch code: what its encoder was, what went in, what came out. */
export interface Reference {
  name: string;
  architecture: Architecture;
  size: number;
  /** The final query encoder, without its prefix. */
  weights: TensorMap;
  /** The first batch of query views, [N, 3, size, size], and the encoder's evaluation embeddings of them, [N, D]. */
  pictures: Float32Array;
  embeddings: Tensor;
}

/** The folder in the repository, and the larger ones where `LOOKALIKE_SHARED` names the folder that has them. */
export async function references(): Promise<Reference[]> {
  const here = new URL("../../../fixtures/reference/", import.meta.url).pathname;
  const found = [await read(here, "resnet18_w4_cifar_v2")];
  const shared = Deno.env.get("LOOKALIKE_SHARED");
  if (shared) {
    for (const name of ["resnet18_w8_cifar_v2", "resnet18_w8_v1", "resnet50_w8_v2"]) {
      found.push(await read(`${shared}/reference/`, name));
    }
  }
  return found;
}

async function read(folder: string, name: string): Promise<Reference> {
  const file = async (file: string) =>
    readSafetensors(await Deno.readFile(`${folder}${name}/${file}.safetensors`)).tensors;
  const weights: TensorMap = new Map();
  for (const [key, tensor] of await file("final")) {
    if (key.startsWith("encoder_q.")) weights.set(key.slice("encoder_q.".length), tensor);
  }
  const batches = await file("batches");
  const embeddings = batches.get("eval_embedding_of_im_q_0")!;
  const views = batches.get("im_q")!;
  const resnet50 = name.startsWith("resnet50");
  return {
    name,
    architecture: {
      block: resnet50 ? "Bottleneck" : "BasicBlock",
      layers: resnet50 ? [3, 4, 6, 3] : [2, 2, 2, 2],
      width: weights.get("conv1.weight")!.shape[0]!,
      stem: name.includes("cifar") ? "cifar" : "imagenet",
      mlp: name.endsWith("v2"),
      dim: embeddings.shape[1]!,
    },
    size: views.shape[3]!,
    weights,
    pictures: views.data.subarray(0, views.data.length / views.shape[0]!),
    embeddings,
  };
}
