import { Gauge } from "prom-client";
import type { Serving } from "../takeover/serving.ts";
import type { Inference } from "../inference/inference.ts";
import type { Metrics } from "./metrics.ts";

/** The inference, with the time of every stage counted. */
export function observeInference(inference: Inference, { stageSeconds }: Metrics): Inference {
  return {
    slots: inference.slots,
    async infer(bytes) {
      const inferred = await inference.infer(bytes);
      for (const [stage, ms] of Object.entries(inferred.times)) stageSeconds.observe({ stage }, ms / 1000);
      return inferred;
    },
    close: () => inference.close(),
  };
}

/** Counts what waits for the inference and what it is at, when somebody collects. */
export function observeLine(serving: Pick<Serving, "current">, { registry }: Metrics): void {
  new Gauge({
    name: "lookalike_queue_length",
    help: "Pictures that wait to be decoded and embedded",
    registers: [registry],
    collect() {
      this.set(serving.current.embedder.line.waiting);
    },
  });
  new Gauge({
    name: "lookalike_pictures_in_work",
    help: "Pictures that are being decoded and embedded",
    registers: [registry],
    collect() {
      this.set(serving.current.embedder.line.running);
    },
  });
}
