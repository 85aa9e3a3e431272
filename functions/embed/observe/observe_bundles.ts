import { Counter, Gauge } from "prom-client";
import type { Bundles } from "../takeover/bundles.ts";
import type { Metrics } from "./metrics.ts";

/** Tells which bundles are served, and how often they changed, when somebody collects. */
export function observeBundles(bundles: Bundles, { registry }: Metrics): void {
  const registers = [registry];
  new Gauge({
    name: "lookalike_info",
    help: "Always 1; the label says which bundle is served",
    labelNames: ["bundle"],
    registers,
    collect() {
      this.reset();
      this.set({ bundle: bundles.current.manifest.id }, 1);
    },
  });
  new Gauge({
    name: "lookalike_collections_info",
    help: "Always 1; the label says which bundle collections are answered from",
    labelNames: ["bundle"],
    registers,
    collect() {
      this.reset();
      this.set({ bundle: bundles.collections.manifest.id }, 1);
    },
  });
  new Counter({
    name: "lookalike_takeovers_total",
    help: "Bundles that became the one that is served, and those that were not fit to",
    labelNames: ["result"],
    registers,
    collect() {
      this.reset();
      this.inc({ result: "done" }, bundles.takeovers.done);
      this.inc({ result: "failed" }, bundles.takeovers.failed);
    },
  });
}
