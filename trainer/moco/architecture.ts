/** A ResNet with a projection head, as the official code builds it (builder.py) on torchvision's resnet.py. */
export interface Architecture {
  block: "BasicBlock" | "Bottleneck";
  /** Blocks in each of the four stages: ResNet-18 [2, 2, 2, 2], ResNet-50 [3, 4, 6, 3]. */
  layers: [number, number, number, number];
  /** Channels of the first stage; 64 in torchvision. */
  width: number;
  /**
   * "imagenet": 7x7 convolution of stride 2, then 3x3 max-pooling; "cifar": 3x3 of stride 1, no pooling; "lightly": the
   * same without ReLU, which lightly's examples lose when they put the layers of its ResNet in a row.
   */
  stem: "imagenet" | "cifar" | "lightly";
  /** How features are pooled over places: their mean (the default), or GeM, as SSCD does. */
  pooling?: Pooling;
  /** MoCo v2's head (two layers, the hidden one as wide as the features) or v1's (one linear layer). */
  mlp: boolean;
  /** Dimensions of the projection; 0 for a backbone without a head. */
  dim: number;
}

export type Pooling = "average" | "gem";

/** torchvision's names for blocks and layers. */
export const ARCHITECTURES = {
  resnet18: { block: "BasicBlock", layers: [2, 2, 2, 2] },
  resnet34: { block: "BasicBlock", layers: [3, 4, 6, 3] },
  resnet50: { block: "Bottleneck", layers: [3, 4, 6, 3] },
  resnet101: { block: "Bottleneck", layers: [3, 4, 23, 3] },
  resnet152: { block: "Bottleneck", layers: [3, 8, 36, 3] },
} satisfies Record<string, Pick<Architecture, "block" | "layers">>;

/** One convolution and the batch norm that follows it, by their `state_dict` names. */
export interface ConvolutionBatchNorm {
  convolution: string;
  batchNorm: string;
  in: number;
  out: number;
  kernel: number;
  stride: number;
  /** Zeros on each side: PyTorch's symmetric padding, also for stride 2. */
  padding: number;
}

/** A residual block: `relu(convolutions(x) + (downsample ?? identity)(x))`, with ReLU between convolutions. */
export interface Block {
  convolutions: ConvolutionBatchNorm[];
  downsample?: ConvolutionBatchNorm;
}

export interface Linear {
  name: string;
  in: number;
  out: number;
}

/** The network as plain data, in forward order: what the encoder, the checkpoint and the ONNX graph agree on. */
export interface Network {
  stem: ConvolutionBatchNorm;
  /** Whether ReLU follows the stem. */
  stemRelu: boolean;
  /** 3x3, stride 2, padding 1 after the stem. */
  maxPool: boolean;
  blocks: Block[];
  pooling: Pooling;
  /** Channels of the globally pooled features. */
  features: number;
  /** One layer, or two with ReLU between them; none for a backbone alone. */
  head: Linear[];
}

/** Lays an architecture out as layers with the official code's names (`conv1`, `layer1.0.bn2`, `fc.2`). */
export function layOut(architecture: Architecture): Network {
  const { block, layers, width, stem, pooling = "average", mlp, dim } = architecture;
  const expansion = block === "Bottleneck" ? 4 : 1;
  const blocks: Block[] = [];
  let channels = width;
  layers.forEach((count, stage) => {
    const planes = width * 2 ** stage;
    for (let index = 0; index < count; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const name = `layer${stage + 1}.${index}`;
      const layer = (n: number, i: number, o: number, kernel: number, s: number): ConvolutionBatchNorm => ({
        convolution: `${name}.conv${n}`,
        batchNorm: `${name}.bn${n}`,
        in: i,
        out: o,
        kernel,
        stride: s,
        padding: (kernel - 1) / 2,
      });
      const out = planes * expansion;
      const convolutions = block === "Bottleneck"
        // torchvision's ResNet "v1.5": the stride is in the 3x3 convolution.
        ? [layer(1, channels, planes, 1, 1), layer(2, planes, planes, 3, stride), layer(3, planes, out, 1, 1)]
        : [layer(1, channels, planes, 3, stride), layer(2, planes, planes, 3, 1)];
      const downsample = stride !== 1 || channels !== out
        ? {
          ...layer(0, channels, out, 1, stride),
          convolution: `${name}.downsample.0`,
          batchNorm: `${name}.downsample.1`,
        }
        : undefined;
      blocks.push(downsample ? { convolutions, downsample } : { convolutions });
      channels = out;
    }
  });
  const imagenet = stem === "imagenet";
  return {
    stem: {
      convolution: "conv1",
      batchNorm: "bn1",
      in: 3,
      out: width,
      kernel: imagenet ? 7 : 3,
      stride: imagenet ? 2 : 1,
      padding: imagenet ? 3 : 1,
    },
    stemRelu: stem !== "lightly",
    maxPool: imagenet,
    blocks,
    pooling,
    features: channels,
    head: dim === 0
      ? []
      : mlp
      ? [{ name: "fc.0", in: channels, out: channels }, { name: "fc.2", in: channels, out: dim }]
      : [{ name: "fc", in: channels, out: dim }],
  };
}

/** Every convolution with its batch norm, in forward order. */
export function convolutions(network: Network): ConvolutionBatchNorm[] {
  const inBlocks = network.blocks.flatMap((b) =>
    b.downsample ? [...b.convolutions, b.downsample] : b.convolutions
  );
  return [network.stem, ...inBlocks];
}
