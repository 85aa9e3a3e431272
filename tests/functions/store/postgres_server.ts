import { fromFileUrl } from "@std/path";
import { installPackages } from "../../python/packages.ts";

const SCRIPT = fromFileUrl(new URL("./postgres_server.py", import.meta.url));

export interface PostgresServer {
  /** For STORE_URL: an empty database, over TCP. */
  url: string;
  /** The same over a Unix socket. */
  socketUrl: string;
  close(): Promise<void>;
}

/**
 * Starts a PostgreSQL of its own: a Python package, which needs no service and no container.
 *
 * @param settings of the server, as `name=value`
 * @throws {Error} if that is not possible: a test that needs it then fails
 */
export async function startPostgres(...settings: string[]): Promise<PostgresServer> {
  const packages = await installPackages();
  const data = await Deno.makeTempDir();
  const child = new Deno.Command("python3", {
    args: ["-W", "ignore", SCRIPT, data, ...settings],
    env: { PYTHONPATH: packages },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (output.split("\n").length > 2) break;
  }
  const [url = "", socketUrl = ""] = output.split("\n");
  if (!socketUrl) {
    throw new Error(`Cannot start PostgreSQL: it must print its URIs: received ${JSON.stringify(output)}`);
  }
  return {
    url,
    socketUrl,
    async close() {
      await child.stdin.close();
      await child.status;
      await Deno.remove(data, { recursive: true });
    },
  };
}
