import { installPackages } from "./packages.ts";

export interface PythonServer {
  /** The lines that it printed when it was ready. */
  lines: string[];
  /** Ends it, by the end of its standard input. */
  close(): Promise<void>;
}

/**
 * Starts a server of a Python package.
 *
 * @param args the script, and what it is told
 * @param lines how many it prints when it is ready; fewer if it cannot start
 */
export async function startServer(args: string[], lines: number): Promise<PythonServer> {
  const child = new Deno.Command("python3", {
    args: ["-W", "ignore", ...args],
    env: { PYTHONPATH: await installPackages() },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (output.split("\n").length > lines) break;
  }
  return {
    lines: output.split("\n").slice(0, lines),
    async close() {
      await child.stdin.close();
      await child.status;
    },
  };
}
