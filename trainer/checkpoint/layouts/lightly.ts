import { type Layout, replacePrefix } from "./layout.ts";

/** The children of torchvision's ResNet in their order, as `nn.Sequential(*list(resnet.children())[:-1])` counts them. */
const TORCHVISION_CHILDREN = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"];
/** Those of lightly's own ResNet (ResNetGenerator), which has a 3x3 stem and calls ReLU as a function. */
const GENERATOR_CHILDREN = ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"];

/**
 * lightly's examples: a numbered `backbone`, MoCoProjectionHead, and both again with `_momentum`; or the `backbone`
 * saved by itself.
 */
export const lightly: Layout = {
  name: "lightly",
  expects: "backbone.0.weight, or 0.weight alone, as lightly's nn.Sequential of a ResNet's children has it",
  recognise(names) {
    const prefix = ["backbone.", ""].find((prefix) => names.has(`${prefix}0.weight`));
    if (prefix === undefined) return undefined;
    const generator = names.has(`${prefix}2.0.conv1.weight`);
    const children = generator ? GENERATOR_CHILDREN : TORCHVISION_CHILDREN;
    const rename = (name: string) => {
      const match = /^(backbone|projection_head)(_momentum)?\.(.*)$/.exec(
        prefix === "" ? `backbone.${name}` : name,
      );
      if (!match) return undefined;
      const [, part, momentum, rest] = match;
      const named = part === "backbone" ? backboneName(children, rest!) : headName(rest!);
      return named === undefined ? undefined : `${momentum ? "encoder_k" : "encoder_q"}.${named}`;
    };
    return { rename, smallStem: generator ? "lightly" : "cifar" };
  },
};

/** `2.0.shortcut.1.weight` -> `layer1.0.downsample.1.weight` */
function backboneName(children: string[], name: string): string | undefined {
  const [number, ...rest] = name.split(".");
  const child = children[Number(number)];
  // lightly's own blocks call the way around them a shortcut.
  return child && [child, ...rest].join(".").replace(".shortcut.", ".downsample.");
}

/** MoCoProjectionHead: a linear layer, ReLU, a linear layer. */
function headName(name: string): string | undefined {
  return replacePrefix(name, { "layers.0.": "fc.0.", "layers.2.": "fc.2." });
}
