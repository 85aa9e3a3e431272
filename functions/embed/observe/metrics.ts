import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What the endpoint counts about itself, for Prometheus. */
export type Metrics = ReturnType<typeof createMetrics>;

/** From a millisecond to half a minute. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the metrics of one app. Labels have few values: routes are patterns, and never paths. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];

  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });

  return {
    registry,
    requests: new Counter({
      name: "http_requests_total",
      help: "Requests that were answered",
      labelNames: ["method", "route", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time until a request was answered",
      labelNames: ["method", "route"],
      buckets: SECONDS,
      registers,
    }),
    requestsInFlight: new Gauge({
      name: "http_requests_in_flight",
      help: "Requests that are being answered",
      registers,
    }),
    errors: new Counter({
      name: "lookalike_errors_total",
      help: "Answers, and pictures among several, that were refusals or failures, by their code",
      labelNames: ["code"],
      registers,
    }),
    cacheLookups: new Counter({
      name: "lookalike_cache_lookups_total",
      help: "Pictures that were looked for in the store, by an upload or a lookup",
      labelNames: ["result"],
      registers,
    }),
    stageSeconds: new Histogram({
      name: "lookalike_stage_seconds",
      help: "Time that a picture spent in each stage of its embedding",
      labelNames: ["stage"],
      buckets: SECONDS,
      registers,
    }),
  };
}
