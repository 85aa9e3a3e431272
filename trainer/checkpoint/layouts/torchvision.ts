import type { Layout } from "./layout.ts";

/** torchvision's resnet.py. Its `fc` tells 1000 classes apart and is no projection: the backbone alone is taken. */
export const torchvision: Layout = {
  name: "torchvision",
  expects: "conv1.weight, as torchvision's ResNets have it",
  recognise(names) {
    if (!names.has("conv1.weight")) return undefined;
    const rename = (name: string) => name.startsWith("fc.") ? undefined : `encoder_q.${name}`;
    return { rename, smallStem: "cifar" };
  },
};
