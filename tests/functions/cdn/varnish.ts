import { delay } from "@std/async/delay";

const CONFIGURATION = new URL("../../../docs/varnish.vcl", import.meta.url);

/** A port of 127.0.0.1 on which nothing listens now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Resolves when something listens on the port; throws with what the process wrote if it ends before. */
export async function waitForPort(port: number, child: Deno.ChildProcess): Promise<void> {
  const ended = child.output().then(({ code, stderr }) => {
    throw new Error(`Cannot start: it ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  });
  const listens = async () => {
    for (;;) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return;
      } catch {
        await delay(20);
      }
    }
  };
  await Promise.race([ended, listens()]);
}

/**
 * Runs `use` with Varnish in front of the endpoint at `origin`, as `docs/varnish.vcl` has it but for the port.
 *
 * @param use is given the address of the cache, without a slash at the end
 */
export async function withVarnish(origin: string, use: (url: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const configuration = await Deno.readTextFile(CONFIGURATION);
  await Deno.writeTextFile(
    `${folder}/lookalike.vcl`,
    configuration.replace('"8000"', `"${new URL(origin).port}"`),
  );
  const port = freePort();
  const varnish = new Deno.Command("varnishd", {
    // In the foreground, as who runs the tests: Varnish would change to users of its own if that is root.
    args: [
      "-F",
      ...["-j", "none"],
      ...["-f", `${folder}/lookalike.vcl`],
      ...["-a", `127.0.0.1:${port}`],
      ...["-n", `${folder}/working`],
      ...["-s", "malloc,16m"],
    ],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    await waitForPort(port, varnish);
    await use(`http://127.0.0.1:${port}`);
  } finally {
    varnish.kill("SIGTERM");
    await varnish.status;
    await Deno.remove(folder, { recursive: true });
  }
}
