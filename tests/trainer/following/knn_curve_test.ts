import { assert, assertEquals, assertThrows } from "@std/assert";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import { chooseKnnPictures, knnOnTest } from "../../../trainer/following/knn_curve.ts";

const pictures = (folder: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${folder}/${i}.jpg`);

const found = (paths: string[]) => ({ pictures: "/pictures", paths });

Deno.test("chooseKnnPictures() reads the classes of folders, and leaves out held-out pictures of others", () => {
  const { voters, asked } = chooseKnnPictures(
    found([...pictures("cat", 2), ...pictures("dog", 2)]),
    ["dog/7.jpg", "emu/8.jpg", "cat/9.jpg"],
  );
  assertEquals(voters.paths.length, 4);
  assertEquals(asked.paths, ["dog/7.jpg", "cat/9.jpg"]);
  assertEquals([voters.classOf.get("cat/0.jpg"), asked.classOf.get("dog/7.jpg")], ["cat", "dog"]);
});

Deno.test("chooseKnnPictures() takes a bounded number of a large data set, spread over all classes", () => {
  const [training, heldOut] = [9000, 3000].map((count) =>
    ["a", "b", "c"].flatMap((folder) => pictures(folder, count / 3))
  ) as [string[], string[]];
  const { voters, asked } = chooseKnnPictures(found(training), heldOut);
  for (const [chosen, most] of [[voters.paths, 4000], [asked.paths, 1000]] as const) {
    assertEquals(new Set(chosen).size, most);
    for (const folder of ["a", "b", "c"]) {
      const share = chosen.filter((path) => path.startsWith(folder)).length / most;
      assert(Math.abs(share - 1 / 3) < 0.01, `${folder}: ${share}`);
    }
  }
});

Deno.test("chooseKnnPictures() says what it requires when classes are not known, or none was held out", () => {
  assertThrows(
    () => chooseKnnPictures(found(["1.jpg", "2.jpg"]), ["3.jpg"]),
    EvaluationError,
    "the pictures' classes",
  );
  const training = [...pictures("cat", 2), ...pictures("dog", 2)];
  for (const heldOut of [[], ["emu/8.jpg"]]) {
    assertThrows(
      () => chooseKnnPictures(found(training), heldOut),
      EvaluationError,
      `held-out pictures of the training pictures' classes are required: received none among ${heldOut.length}`,
    );
  }
});

Deno.test("knnOnTest() has all vote and asks about all, and refuses a class that training pictures do not have", () => {
  const training = found([...pictures("cat", 5000), ...pictures("dog", 5000)]);
  const test = { pictures: "/test", paths: [...pictures("cat", 1500), ...pictures("dog", 1500)] };
  const { voters, asked } = knnOnTest(training, test);
  assertEquals([voters.pictures, voters.paths.length], ["/pictures", 10_000]);
  assertEquals([asked.pictures, asked.paths.length], ["/test", 3000]);
  assertThrows(
    () => knnOnTest(training, found([...pictures("cat", 2), ...pictures("emu", 2)])),
    EvaluationError,
    "test pictures must be of the training pictures' classes: received emu",
  );
});
