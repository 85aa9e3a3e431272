import type { Layout } from "./layout.ts";

/** torchvision's resnet.py. Its `fc` tells 1000 classes apart and is no projection: the backbone alone is taken. */
export const torchvision: Layout = {
  name: "torchvision",
  expects: "conv1.weight (also below module.), as torchvision's ResNets have it",
  recognise(names) {
    const prefix = ["", "module."].find((prefix) => names.has(`${prefix}conv1.weight`));
    if (prefix === undefined) return undefined;
    const rename = (name: string) => {
      const plain = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
      return plain === undefined || plain.startsWith("fc.") ? undefined : `encoder_q.${plain}`;
    };
    return { rename, smallStem: "cifar" };
  },
};
