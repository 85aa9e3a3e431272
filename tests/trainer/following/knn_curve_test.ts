import { assert, assertEquals, assertThrows } from "@std/assert";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import { chooseKnnPictures } from "../../../trainer/following/knn_curve.ts";

const pictures = (folder: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${folder}/${i}.jpg`);

Deno.test("chooseKnnPictures() numbers the classes of folders, and leaves out held-out pictures of others", () => {
  const { voters, asked, classOf, classes } = chooseKnnPictures(
    [...pictures("cat", 2), ...pictures("dog", 2)],
    ["dog/7.jpg", "emu/8.jpg", "cat/9.jpg"],
  );
  assertEquals(voters.length, 4);
  assertEquals(asked, ["dog/7.jpg", "cat/9.jpg"]);
  assertEquals(classes, 2);
  assertEquals(["cat/0.jpg", "dog/1.jpg", ...asked].map((path) => classOf.get(path)), [0, 1, 1, 0]);
});

Deno.test("chooseKnnPictures() takes a bounded number of a large data set, spread over all classes", () => {
  const [training, heldOut] = [9000, 3000].map((count) =>
    ["a", "b", "c"].flatMap((folder) => pictures(folder, count / 3))
  ) as [string[], string[]];
  const { voters, asked } = chooseKnnPictures(training, heldOut);
  for (const [chosen, most] of [[voters, 4000], [asked, 1000]] as const) {
    assertEquals(new Set(chosen).size, most);
    for (const folder of ["a", "b", "c"]) {
      const share = chosen.filter((path) => path.startsWith(folder)).length / most;
      assert(Math.abs(share - 1 / 3) < 0.01, `${folder}: ${share}`);
    }
  }
});

Deno.test("chooseKnnPictures() says what it requires when classes are not known, or none was held out", () => {
  assertThrows(
    () => chooseKnnPictures(["1.jpg", "2.jpg"], ["3.jpg"]),
    EvaluationError,
    "the pictures' classes",
  );
  const training = [...pictures("cat", 2), ...pictures("dog", 2)];
  for (const heldOut of [[], ["emu/8.jpg"]]) {
    assertThrows(
      () => chooseKnnPictures(training, heldOut),
      EvaluationError,
      `held-out pictures of the training pictures' classes are required: received none among ${heldOut.length}`,
    );
  }
});
