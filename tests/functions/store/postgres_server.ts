import { fromFileUrl } from "@std/path";
import { startServer } from "../../python/start_server.ts";

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
  const data = await Deno.makeTempDir();
  const { lines, close } = await startServer([SCRIPT, data, ...settings], 2);
  const [url = "", socketUrl = ""] = lines;
  if (!socketUrl) {
    throw new Error(`Cannot start PostgreSQL: it must print its URIs: received ${JSON.stringify(lines)}`);
  }
  return {
    url,
    socketUrl,
    async close() {
      await close();
      await Deno.remove(data, { recursive: true });
    },
  };
}
