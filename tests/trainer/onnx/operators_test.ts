import { assertEquals } from "@std/assert";
import {
  add,
  clip,
  conv,
  dequantizeLinear,
  div,
  flatten,
  gemm,
  globalAveragePool,
  maxPool,
  quantizeLinear,
  reduceL2,
  relu,
} from "../../../trainer/onnx/operators.ts";
import { floats, graphOf, runGraph } from "./run_graph.ts";

const square = [1, 1, 3, 3];
const nine = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

Deno.test("conv() pads with zeros on every side when the window is padded", async () => {
  const graph = graphOf([conv("x", "w", "b", "y", { kernel: 3, stride: 2, padding: 1 })], {
    w: floats([1, 1, 3, 3], 1, 1, 1, 1, 1, 1, 1, 1, 1),
    b: floats([1], 100),
  });
  assertEquals([...await runGraph(graph, nine, square)], [112, 116, 124, 128]);
});

Deno.test("maxPool() takes each window's largest when windows overlap", async () => {
  const graph = graphOf([maxPool("x", "y", { kernel: 3, stride: 2, padding: 1 })]);
  assertEquals([...await runGraph(graph, nine, square)], [5, 6, 8, 9]);
});

Deno.test("globalAveragePool() and flatten() give one mean per channel when there are two channels", async () => {
  const graph = graphOf([globalAveragePool("x", "mean"), flatten("mean", "y")]);
  assertEquals([...await runGraph(graph, Float32Array.of(1, 3, 10, 30), [1, 2, 1, 2])], [2, 20]);
});

Deno.test("gemm() multiplies by the transpose when the weight is in PyTorch's layout", async () => {
  const graph = graphOf([gemm("x", "w", "b", "y")], {
    w: floats([3, 2], 1, 0, 0, 1, 1, 1),
    b: floats([3], 0, 0, 0.5),
  });
  assertEquals([...await runGraph(graph, Float32Array.of(2, 5), [1, 2])], [2, 5, 7.5]);
});

Deno.test("relu() and add() act on each element when shapes are equal", async () => {
  const graph = graphOf([relu("x", "positive"), add("x", "positive", "y")]);
  assertEquals([...await runGraph(graph, Float32Array.of(-1, 2), [1, 2])], [-1, 4]);
});

Deno.test("reduceL2(), clip() and div() normalise rows when one of them is zero", async () => {
  const graph = graphOf([reduceL2("x", "norm"), clip("norm", "e", "clipped"), div("x", "clipped", "y")], {
    e: floats([], 1e-12),
  });
  const rows = Float32Array.of(3, 4, 0, 0);
  assertEquals([...await runGraph(graph, rows, [2, 2])], [...Float32Array.of(0.6, 0.8, 0, 0)]);
});

Deno.test("quantizeLinear() and dequantizeLinear() round and saturate when values lie off the levels", async () => {
  const graph = graphOf([quantizeLinear("x", "s", "z", "q"), dequantizeLinear("q", "s", "z", "y")], {
    s: floats([], 0.5),
    z: { dims: [], data: Uint8Array.of(10) },
  });
  const values = Float32Array.of(-100, -0.8, 0, 0.3, 1000);
  assertEquals([...await runGraph(graph, values, [1, 5])], [-5, -1, 0, 0.5, 122.5]);
});
