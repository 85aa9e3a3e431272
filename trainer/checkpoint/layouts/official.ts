import { type Layout, replacePrefix } from "./layout.ts";

/** facebookresearch/moco (builder.py): v1 and v2, with the prefix of DistributedDataParallel or without. */
export const official: Layout = {
  name: "official MoCo",
  expects: "encoder_q.conv1.weight (also below module.), as the official code saves it",
  recognise(names) {
    const prefix = ["module.", ""].find((prefix) => names.has(`${prefix}encoder_q.conv1.weight`));
    if (prefix === undefined) return undefined;
    const rename = (name: string) => {
      return replacePrefix(name, {
        [`${prefix}queue`]: "queue", // and queue_ptr
        [`${prefix}encoder_q.`]: "encoder_q.",
        [`${prefix}encoder_k.`]: "encoder_k.",
      });
    };
    return { rename, smallStem: "cifar" };
  },
};
