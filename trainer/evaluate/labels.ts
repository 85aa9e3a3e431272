import { EvaluationError } from "./error.ts";

/**
 * Where a picture's class is written: the folder that it lies in (`DIR/accordion/1.jpg`), or what comes before `_image` in
 * its name (`accordion_image_0001.jpg`).
 */
export type LabelScheme = "folder" | "name-prefix";

const READERS: Record<LabelScheme, { read(path: string): string | undefined; required: string }> = {
  "folder": {
    read: (path) => path.split("/").at(-2),
    required: "every picture in the folder of its class",
  },
  "name-prefix": {
    read: (path) => path.split("/").at(-1)!.match(/^(.+?)_image/)?.[1],
    required: 'a name such as "accordion_image_0001.jpg" for every picture',
  },
};

/**
 * Reads each picture's class. Without a scheme, that one is taken that gives every picture a class, and the pictures at
 * least two: folders first.
 *
 * @param paths relative to the data folder, with `/`
 * @throws {EvaluationError} if a picture has no class, or there are fewer than two classes
 */
export function readLabels(paths: string[], scheme?: LabelScheme): { scheme: LabelScheme; labels: string[] } {
  const schemes: LabelScheme[] = scheme ? [scheme] : ["folder", "name-prefix"];
  const failures: string[] = [];
  for (const candidate of schemes) {
    const { read, required } = READERS[candidate];
    const labels = paths.map(read);
    const without = labels.indexOf(undefined);
    if (without !== -1) failures.push(`${required} is required: received ${paths[without]}`);
    else if (new Set(labels).size < 2) {
      failures.push(`${required}, of at least two classes, is required: received "${labels[0]}" alone`);
    } else return { scheme: candidate, labels: labels as string[] };
  }
  throw new EvaluationError(
    `Cannot read the pictures' classes: ${failures.join("; or ")} (--task collapse needs no classes)`,
  );
}

/**
 * Numbers the classes of the training pictures in alphabetical order.
 *
 * @throws {EvaluationError} if a test picture is of another class
 */
export function indexLabels(
  train: string[],
  test: string[],
): { classes: string[]; train: Int32Array; test: Int32Array } {
  const classes = [...new Set(train)].sort();
  const indices = new Map(classes.map((name, index) => [name, index]));
  const foreign = new Set(test.filter((label) => !indices.has(label)));
  if (foreign.size > 0) {
    throw new EvaluationError(
      `Cannot evaluate: test pictures must be of the training pictures' classes: received ${
        [...foreign].slice(0, 5).join(", ")
      }${foreign.size > 5 ? ` and ${foreign.size - 5} more` : ""}`,
    );
  }
  const index = (labels: string[]) => Int32Array.from(labels, (label) => indices.get(label)!);
  return { classes, train: index(train), test: index(test) };
}
