import { type Layout, replacePrefix } from "./layout.ts";

/** solo-learn's MoCo v2+; its first releases say `encoder` where later ones say `backbone`. */
export const soloLearn: Layout = {
  name: "solo-learn",
  expects: "backbone.conv1.weight or encoder.conv1.weight, as solo-learn has it",
  recognise(names) {
    const backbone = ["backbone", "encoder"].find((backbone) => names.has(`${backbone}.conv1.weight`));
    if (backbone === undefined) return undefined;
    const rename = (name: string) => {
      // Where solo-learn leaves torchvision's classifier in the backbone, it is no projection.
      if (/^(momentum_)?(backbone|encoder)\.fc\./.test(name)) return undefined;
      return replacePrefix(name, {
        [`momentum_${backbone}.`]: "encoder_k.",
        [`${backbone}.`]: "encoder_q.",
        "momentum_projector.": "encoder_k.fc.",
        "projector.": "encoder_q.fc.",
      });
    };
    // Its 3x3 convolution has two pixels of padding (base.py), an encoder here has one.
    return { rename, smallStem: undefined };
  },
};
