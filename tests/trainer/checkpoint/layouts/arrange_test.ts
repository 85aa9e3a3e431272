import { assert, assertEquals, assertThrows } from "@std/assert";
import type { LazyTensorMap } from "../../../../trainer/checkpoint/lazy_tensor.ts";
import { arrange } from "../../../../trainer/checkpoint/layouts/arrange.ts";
import { LayoutError } from "../../../../trainer/checkpoint/layouts/error.ts";
import { ARCHITECTURES } from "../../../../trainer/moco/architecture.ts";
import { type InferredNetwork, shapesOf } from "../../../../trainer/checkpoint/layouts/infer.ts";

const V2: InferredNetwork = { architecture: "resnet18", width: 4, stem: "imagenet", head: "mlp", dim: 8 };
const V1: InferredNetwork = { ...V2, head: "linear" };
const BACKBONE: InferredNetwork = { ...V2, dim: 0 };

/** An encoder's tensors, under the names that `rename` gives them; each holds the place it has in the encoder. */
function encoder(network: InferredNetwork, rename: (name: string) => string): LazyTensorMap {
  const shapes = [...shapesOf(network)];
  return new Map(shapes.map(([name, shape], place) => [rename(name), zeros(shape, place)]));
}

function zeros(shape: number[], first = 0) {
  return {
    shape,
    read: () => new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(first, 0, 1),
  };
}

const join = (...maps: LazyTensorMap[]): LazyTensorMap => new Map(maps.flatMap((map) => [...map]));
const none = new Map();

/** Whether every tensor of `encoder_q` is the one that has its place. */
function inPlace({ state }: { state: LazyTensorMap }, network: InferredNetwork): boolean {
  return [...shapesOf(network).keys()].every((name, place) =>
    state.get(`encoder_q.${name}`)?.read()[0] === place
  );
}

for (const prefix of ["module.", ""]) {
  for (const [version, network] of Object.entries({ v1: V1, v2: V2 })) {
    Deno.test(`arrange() takes both encoders, queue and momentum of official ${version} when names begin with "${prefix}"`, () => {
      const tensors = join(
        new Map([[`${prefix}queue`, zeros([8, 32])], [`${prefix}queue_ptr`, zeros([1])]]),
        encoder(network, (name) => `${prefix}encoder_q.${name}`),
        encoder(network, (name) => `${prefix}encoder_k.${name}`),
      );
      const learned = [...shapesOf(network)].filter(([name]) => /\.(weight|bias)$/.test(name));
      const momentum = new Map(learned.map(([, shape], place) => [place, zeros(shape, place)]));
      const arranged = arrange(tensors, momentum);
      assertEquals([arranged.layout, arranged.network], ["official MoCo", network]);
      assert(inPlace(arranged, network));
      const names = [...arranged.state.keys()];
      const count = (prefix: string) => names.filter((name) => name.startsWith(prefix)).length;
      assertEquals(count("encoder_k."), count("encoder_q."));
      assertEquals(count("optimizer."), learned.length);
      assertEquals(arranged.state.get("queue")?.shape, [8, 32]);
      assertEquals(arranged.queuePointer?.shape, [1]);
      assertEquals(arranged.state.get("optimizer.bn1.bias")?.read()[0], 2);
    });
  }
}

Deno.test("arrange() leaves out a momentum that does not fit the parameters", () => {
  const tensors = encoder(V2, (name) => `encoder_q.${name}`);
  const { state } = arrange(tensors, new Map([[0, zeros([4, 3, 7, 7])]]));
  assert(![...state.keys()].some((name) => name.startsWith("optimizer.")));
});

Deno.test("arrange() takes the backbone alone of a torchvision ResNet, whose fc is a classifier", () => {
  for (const architecture of Object.keys(ARCHITECTURES) as (keyof typeof ARCHITECTURES)[]) {
    const network: InferredNetwork = { ...V1, architecture, dim: 1000 };
    const arranged = arrange(encoder(network, (name) => name), none);
    assertEquals([arranged.layout, arranged.network], ["torchvision", { ...BACKBONE, architecture }]);
    assert(inPlace(arranged, { ...BACKBONE, architecture }));
  }
});

Deno.test("arrange() reads lightly's numbering of torchvision's children", () => {
  const numbers: Record<string, number> = { conv1: 0, bn1: 1, layer1: 4, layer2: 5, layer3: 6, layer4: 7 };
  const rename = (suffix: string) => (name: string) => {
    const [first, ...rest] = name.split(".");
    if (first === "fc") return `projection_head${suffix}.layers.${rest.join(".")}`;
    return `backbone${suffix}.${[numbers[first!], ...rest].join(".")}`;
  };
  const arranged = arrange(join(encoder(V2, rename("")), encoder(V2, rename("_momentum"))), none);
  assertEquals([arranged.layout, arranged.network], ["lightly", V2]);
  assert(inPlace(arranged, V2));
  assert(arranged.state.has("encoder_k.fc.2.bias"));

  const alone = arrange(encoder(BACKBONE, (name) => rename("")(name).replace("backbone.", "")), none);
  assertEquals([alone.layout, alone.network], ["lightly", BACKBONE]);
  assert(inPlace(alone, BACKBONE));
});

for (
  const wrapped of [
    "module.backbone.",
    "_orig_mod.module.backbone.",
    "backbone.module.",
    "backbone._orig_mod.",
  ]
) {
  Deno.test(`arrange() reads names that wrappers made ${wrapped}*`, () => {
    const arranged = arrange(encoder(BACKBONE, (name) => wrapped + name), none);
    assertEquals([arranged.layout, arranged.network], ["solo-learn", BACKBONE]);
    assert(inPlace(arranged, BACKBONE));
  });
}

Deno.test("arrange() reads lightly's numbering of its own ResNet, whose stem loses its ReLU in a row of layers", () => {
  const network: InferredNetwork = { ...BACKBONE, stem: "lightly" };
  const numbers: Record<string, number> = { conv1: 0, bn1: 1, layer1: 2, layer2: 3, layer3: 4, layer4: 5 };
  const rename = (name: string) => {
    const [first, ...rest] = name.split(".");
    return `backbone.${[numbers[first!], ...rest].join(".").replace("downsample", "shortcut")}`;
  };
  const arranged = arrange(encoder(network, rename), none);
  assertEquals([arranged.layout, arranged.network], ["lightly", network]);
  assert(inPlace(arranged, network));
});

for (const backbone of ["backbone", "encoder"]) {
  Deno.test(`arrange() reads solo-learn's names when the backbone is called ${backbone}`, () => {
    const rename = (prefix: string) => (name: string) =>
      name.startsWith("fc.") ? name.replace("fc.", `${prefix}projector.`) : `${prefix}${backbone}.${name}`;
    const others: LazyTensorMap = new Map([
      ["queue", zeros([2, 8, 32])],
      ["classifier.weight", zeros([10, 32])],
      [`${backbone}.fc.weight`, zeros([1000, 32])],
    ]);
    const arranged = arrange(join(encoder(V2, rename("")), encoder(V2, rename("momentum_")), others), none);
    assertEquals([arranged.layout, arranged.network], ["solo-learn", V2]);
    assert(inPlace(arranged, V2));
    assert(arranged.state.has("encoder_k.fc.2.bias"));
    assert(!arranged.state.has("queue")); // it has one for each of two views
  });
}

Deno.test("arrange() refuses solo-learn's stem for small pictures, which pads otherwise", () => {
  const tensors = encoder({ ...BACKBONE, stem: "cifar" }, (name) => `backbone.${name}`);
  assertThrows(() => arrange(tensors, none), LayoutError, "one pixel of padding");
});

Deno.test("arrange() leaves out a head that a run cannot have, and says why", () => {
  const tensors = encoder(V2, (name) => `encoder_q.${name}`);
  tensors.set("encoder_q.fc.0.weight", zeros([2048, 32]));
  const { network } = arrange(tensors, none);
  assertEquals(network, {
    ...BACKBONE,
    headLeftOut: "fc.0.weight of shape [32,32] is required: received [2048,32]",
  });
});

Deno.test("arrange() lists what was found and what was expected when no layout is known", () => {
  const tensors: LazyTensorMap = new Map([["visual.proj", zeros([768, 512])], ["logit_scale", zeros([])]]);
  const error = assertThrows(() => arrange(tensors, none), LayoutError);
  for (const name of ["official MoCo", "lightly", "solo-learn", "torchvision", "visual.proj [768,512]"]) {
    assert(error.message.includes(name), error.message);
  }
});

Deno.test("arrange() refuses a network that is no plain ResNet of a known depth", () => {
  const plain = () => encoder(BACKBONE, (name) => name);
  const refuses = (change: (tensors: LazyTensorMap) => void, message: string) => {
    const tensors = plain();
    change(tensors);
    assertThrows(() => arrange(tensors, none), LayoutError, message);
  };
  refuses((tensors) => tensors.delete("layer4.1.conv1.weight"), "received BasicBlocks 2, 2, 2, 1");
  refuses((tensors) => tensors.set("layer1.0.se.weight", zeros([1])), "received layer1.0.se.weight too");
  refuses((tensors) => tensors.delete("bn1.running_var"), "bn1.running_var of shape [4] is required");
  refuses((tensors) => tensors.set("conv1.weight", zeros([4, 3, 5, 5])), "received [4,3,5,5]");
  refuses((tensors) => tensors.set("conv1.weight", zeros([])), "received BasicBlocks");
});
