/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { ThreadAnswer, ThreadRequest } from "./worker_thread.ts";

/** Makes the worker that this runs in answer the requests of a `WorkerThread`. */
export function answerRequests<Request>(answer: (request: Request) => unknown): void {
  self.onmessage = async ({ data: { id, request } }: MessageEvent<ThreadRequest>) => {
    try {
      self.postMessage({ id, result: await answer(request as Request) } satisfies ThreadAnswer);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      self.postMessage({ id, error: { name, message } } satisfies ThreadAnswer);
    }
  };
}
