import type { Context } from "hono";
import { dot } from "../../../shared/vector.ts";
import type { ServedBundle, Serving } from "../takeover/serving.ts";
import { PROBE } from "../inference/probe.ts";
import { singleFlight } from "../inference/single_flight.ts";
import { NotReadyError } from "../request_errors.ts";

/**
 * `GET /readyz`: a small photo is embedded now, past the cache and through the queue, and its vector is right: the one
 * that was found when the bundle was first asked. Whoever asks at the same time gets the same answer.
 */
export function getReady(serving: Pick<Serving, "current">) {
  const once = singleFlight<Float32Array>();
  const expected = new WeakMap<ServedBundle, Float32Array>();
  return async function ready(c: Context<{ Variables: { signal: AbortSignal } }>): Promise<Response> {
    const bundle = serving.current;
    const { manifest: { id }, embedder } = bundle;
    let vector: Float32Array;
    try {
      vector = await once(id, (signal) => embedder.infer(PROBE.slice(), signal), c.get("signal"));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new NotReadyError(`Cannot serve: a picture must be embedded to be ready: ${reason}`, { cause });
    }
    const right = expected.get(bundle) ?? vector;
    expected.set(bundle, right);
    if (!(Math.abs(dot(vector, right) - 1) < 1e-3)) {
      throw new NotReadyError("Cannot serve: the encoder must give a picture its vector: it gives another");
    }
    return c.json({ status: "ready", bundle: id }, 200, { "Cache-Control": "no-store" });
  };
}
