/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

/** Asks `/healthz` every 20 ms, and tells the times in milliseconds when it is asked to. */
self.onmessage = async ({ data: url }: MessageEvent<string>) => {
  const times: number[] = [];
  let going = true;
  self.onmessage = () => {
    going = false;
  };
  while (going) {
    const start = performance.now();
    const response = await fetch(url);
    await response.body?.cancel();
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  self.postMessage(times);
};
