/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** What the page shows of a bundle (`GET /v1/bundles`). */
export interface Bundle {
  id: string;
  standing: "current" | "previous" | "earlier" | "rolled-back" | "candidate" | "refused";
  serving: boolean;
  collections: boolean;
  published: string;
  training: { method: string; pictures: number; steps: number; epochs: number; loss: number | null } | null;
  dimensions: number | null;
  bytes: number | null;
  comparison: { against: string | null; heldOut: { pictures: number }; checks: Check[] } | null;
}

export interface Check {
  name: string;
  unit?: string;
  measured: number | null;
  current: number | null;
  relation: string;
  required: number;
  passed: boolean;
}

/** What was promoted or rolled back. */
export interface Change {
  at: string;
  action: "promote" | "rollback";
  /** Current since then, and until then. */
  bundle: string;
  before: string | null;
}

/** What the page shows of a job (`GET /v1/jobs`). */
export interface Job {
  id: string;
  spec: {
    kind: string;
    until: string;
    data?: string[];
    run?: string;
    bundle?: string;
    shard?: { part: number; of: number };
  };
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  attempts: number;
  worker: string | null;
  progress: { share: number | null; note: string; curve?: CurvePoint[] } | null;
  result: { [name: string]: unknown } | null;
  error: string | null;
  filed: string;
  due: string;
  started: string | null;
  ended: string | null;
}

export interface CurvePoint {
  step: number;
  loss: number;
  accuracy: number;
  knn?: number;
}
