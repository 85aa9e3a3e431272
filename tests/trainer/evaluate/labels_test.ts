import { assertEquals, assertThrows } from "@std/assert";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import { indexLabels, readLabels } from "../../../trainer/evaluate/labels.ts";
import { stratifiedSplit } from "../../../trainer/evaluate/stratified_split.ts";

Deno.test("readLabels() takes the folder that a picture lies in", () => {
  const paths = ["cats/1.jpg", "more/cats/2.jpg", "dogs/dog_image_1.jpg"];
  assertEquals(readLabels(paths), { scheme: "folder", labels: ["cats", "cats", "dogs"] });
});

Deno.test("readLabels() takes the name before _image when folders say nothing", () => {
  const paths = ["yin_yang_image_0001.jpg", "ant_image_0002.jpg"];
  const expected = { scheme: "name-prefix" as const, labels: ["yin_yang", "ant"] };
  assertEquals(readLabels(paths), expected);
  assertEquals(readLabels(paths.map((path) => `all/${path}`)), expected);
});

Deno.test("readLabels() says what it looked for when there are no classes", () => {
  assertThrows(
    () => readLabels(["a.jpg", "b.jpg"]),
    EvaluationError,
    'the folder of its class is required: received a.jpg; or a name such as "accordion_image_0001.jpg"',
  );
  assertThrows(() => readLabels(["all/a.jpg", "all/b.jpg"]), EvaluationError, 'received "all" alone');
});

Deno.test("readLabels() keeps to the scheme that it is given", () => {
  const paths = ["x/ant_image_1.jpg", "y/bee_image_1.jpg"];
  assertEquals(readLabels(paths, "name-prefix").labels, ["ant", "bee"]);
  assertThrows(
    () => readLabels([...paths, "y/1.jpg"], "name-prefix"),
    EvaluationError,
    "received y/1.jpg",
  );
});

Deno.test("indexLabels() numbers the training pictures' classes and refuses others", () => {
  assertEquals(indexLabels(["b", "a", "b"], ["a"]), {
    classes: ["a", "b"],
    train: Int32Array.of(1, 0, 1),
    test: Int32Array.of(0),
  });
  assertThrows(() => indexLabels(["a", "b"], ["a", "c", "c"]), EvaluationError, "received c");
});

Deno.test("stratifiedSplit() sets the share of each class aside, whatever the order", () => {
  const paths = Array.from({ length: 60 }, (_, i) => `${i % 3 === 0 ? "a" : "b"}/${i}.jpg`);
  const labels = (list: string[]) => list.map((path) => path[0]!);
  const { train, test } = stratifiedSplit(paths, labels(paths), 0.2);
  assertEquals(labels(test).filter((label) => label === "a").length, 4);
  assertEquals(labels(test).filter((label) => label === "b").length, 8);
  assertEquals([...train, ...test].sort(), paths.toSorted());
  const reversed = paths.toReversed();
  assertEquals(stratifiedSplit(reversed, labels(reversed), 0.2).test.sort(), test.sort());
});

Deno.test("stratifiedSplit() leaves a class at least one picture to learn from", () => {
  const { train, test } = stratifiedSplit(["a/1", "b/1", "b/2"], ["a", "b", "b"], 0.9);
  assertEquals(train.map((path) => path[0]), ["a", "b"]);
  assertEquals(test.length, 1);
});
