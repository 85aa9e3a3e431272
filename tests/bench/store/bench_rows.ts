import { dot } from "../../../shared/vector.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import { planRow } from "./edited_photos.ts";
import type { Row } from "./embed_worker.ts";
import type { RowFile } from "./row_file.ts";

const SEED = 12;

/**
 * As many rows as are asked for: those of the file, and then rows between two of them, which are of one photo (the vector
 * is a normalized mean of both with weights from 0.2 to 0.8, all else that of one).
 */
export class BenchRows {
  readonly #file: RowFile;
  /** Rows that are embedded. */
  readonly embedded: number;
  /** Of each photo, its rows. */
  readonly #families: number[][];

  constructor(file: RowFile) {
    this.#file = file;
    this.embedded = file.length;
    const rows = Array.from({ length: this.embedded }, (_, row) => row);
    const families = Map.groupBy(rows, (row) => planRow(row, file.photos).photo);
    this.#families = [...families.values()].filter((family) => family.length > 1);
  }

  read(row: number): Row {
    if (row < this.embedded) return this.#file.read(row);
    const random = new RandomStream(SEED, 0, row, "edit");
    const family = this.#families[random.below(this.#families.length)]!;
    const first = random.below(family.length);
    const second = (first + 1 + random.below(family.length - 1)) % family.length;
    const [one, other] = [this.#file.read(family[first]!), this.#file.read(family[second]!)];
    const weight = random.between(0.2, 0.8);
    const mixed = one.vector.map((value, i) => weight * value + (1 - weight) * other.vector[i]!);
    const length = Math.sqrt(dot(mixed, mixed));
    return { ...one, vector: mixed.map((value) => value / length) };
  }
}
