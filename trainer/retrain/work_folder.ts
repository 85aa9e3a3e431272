import { join } from "@std/path";

/** Where a worker keeps what it makes. Workers that take up each other's jobs must have the same one. */
export class WorkFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The run of a `train`. */
  run(job: string): string {
    return join(this.path, "runs", job);
  }

  /** The list of the pictures that it trains on. */
  pictures(job: string): string {
    return join(this.path, "pictures", `${job}.json`);
  }

  /** The pictures that its sources had. */
  known(job: string): string {
    return join(this.path, "pictures", `${job}.known.json`);
  }

  /** The bundle of an `export`. */
  bundle(job: string): string {
    return join(this.path, "bundles", job);
  }

  /** What the gate found of the bundle of an `export`. */
  comparison(job: string): string {
    return join(this.path, "bundles", `${job}.comparison.json`);
  }

  /** Which run became a bundle. */
  origin(bundleId: string): string {
    return join(this.path, "origins", `${bundleId}.json`);
  }

  /** What was fetched of a source. */
  get sources(): string {
    return join(this.path, "sources");
  }
}
