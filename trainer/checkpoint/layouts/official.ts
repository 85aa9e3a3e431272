import { type Layout, replacePrefix } from "./layout.ts";

/** facebookresearch/moco (builder.py): v1 and v2. */
export const official: Layout = {
  name: "official MoCo",
  expects: "encoder_q.conv1.weight, as the official code saves it",
  recognise(names) {
    if (!names.has("encoder_q.conv1.weight")) return undefined;
    const rename = (name: string) =>
      replacePrefix(name, {
        "queue": "queue", // and queue_ptr
        "encoder_q.": "encoder_q.",
        "encoder_k.": "encoder_k.",
      });
    return { rename, smallStem: "cifar" };
  },
};
