import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** What a process wrote, and how it ended. */
export interface Ended {
  code: number;
  output: string;
}

/** `deno task start` as an operator runs it. */
export interface ServerProcess {
  /** What it printed when it was ready. */
  url: Promise<string>;
  /** The process id of the task, which has the launcher and the server below it. */
  pid: number;
  stop(signal: Deno.Signal): void;
  ended: Promise<Ended>;
}

/** Runs `deno task start` in the repository with these settings. */
export function startServer(settings: Record<string, string>): ServerProcess {
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", "start"],
    cwd: ROOT,
    env: settings,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  const output: string[] = [];
  let isReady = false;
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      output.push(decoder.decode(chunk, { stream: true }));
      if (isReady) continue;
      const ready = /ready: (http:\S+),/.exec(output.join(""));
      isReady = ready !== null;
      if (ready) resolve(ready[1]!);
    }
  };
  const ended = Promise.all([child.status, collect(child.stdout), collect(child.stderr)])
    .then(([{ code }]) => {
      const all = output.join("");
      reject(new Error(`Cannot wait for the server: it must print its URL: it ended with ${code}: ${all}`));
      return { code, output: all };
    });
  // Whoever does not wait for the URL is not to be told that there was none.
  url.catch(() => {});
  return { url, pid: child.pid, stop: (signal) => child.kill(signal), ended };
}
