import { fromFileUrl } from "@std/path";
import { TextLineStream } from "./text_line_stream.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const ATTENDED = "trainer/retrain/attended.ts";

/** How long a command may take to end itself: to write its checkpoint, say. */
const GRACE_SECONDS = 60;
/** Lines of what it said last that are kept, for the message of its error. */
const KEPT_LINES = 20;

/** A command ended with an error; the message is its own. */
export class CommandError extends Error {
  override name = "CommandError";
  /** The name of its error; undefined if it ended without one, as when it was killed. */
  readonly errorName: string | undefined;

  constructor(message: string, errorName: string | undefined) {
    super(message);
    this.errorName = errorName;
  }
}

/**
 * Runs a command of deno.json in a process of its own, with the permissions that its task has. The process ends when this
 * one does; one of the endpoint's if it is told that it is `--attended`.
 *
 * @param onLine is told every line of its standard error
 * @param signal has it end itself, and ends it after a minute
 * @returns its standard output
 * @throws {CommandError} if it fails
 * @throws the signal's reason, once it has ended
 */
export async function runCommand(
  task: string,
  args: string[],
  { onLine, signal, environment }: {
    onLine: (line: string) => void;
    signal: AbortSignal;
    environment: Record<string, string>;
  },
): Promise<string> {
  signal.throwIfAborted();
  const child = new Deno.Command("deno", {
    args: [...await taskArguments(task), ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...environment },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let killing: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    killing = setTimeout(() => child.kill("SIGKILL"), GRACE_SECONDS * 1000);
  };
  signal.addEventListener("abort", stop, { once: true });
  const last: string[] = [];
  const listen = async () => {
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      if (last.push(line) > KEPT_LINES) last.shift();
      onLine(line);
    }
  };
  const [{ code }, output] = await Promise.all([child.status, new Response(child.stdout).text(), listen()]);
  clearTimeout(killing);
  signal.removeEventListener("abort", stop);
  await child.stdin.close().catch(() => {}); // it is gone
  signal.throwIfAborted();
  if (code !== 0) throw commandError(task, code, last);
  return output;
}

async function taskArguments(name: string): Promise<string[]> {
  const { tasks }: { tasks: Record<string, string | { command: string }> } = JSON.parse(
    await Deno.readTextFile(`${ROOT}deno.json`),
  );
  const task = tasks[name]!;
  const [, ...command] = (typeof task === "string" ? task : task.command).split(" ");
  return command.map((word) => word === "trainer/cli.ts" ? ATTENDED : word);
}

function commandError(task: string, code: number, lines: string[]): CommandError {
  for (const line of lines.toReversed()) {
    const [, name, message] = /^(\w+Error): (.*)$/.exec(line) ?? [];
    if (name !== undefined) return new CommandError(message!, name);
  }
  return new CommandError(
    `deno task ${task} ended with ${code}: ${lines.slice(-3).join(" ") || "it said nothing"}`,
    undefined,
  );
}
