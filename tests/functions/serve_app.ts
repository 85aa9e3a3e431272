import { withApp } from "./test_app.ts";

export interface ServedApp {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** "METHOD path" of every request that reached it, in order. */
  requests: string[];
}

/**
 * Runs `use` with the whole app listening on a free port of 127.0.0.1. `between` sees every request first, and may
 * answer it instead.
 */
export async function withServedApp(
  use: (served: ServedApp) => Promise<void>,
  { between = () => undefined, ...dependencies }: Parameters<typeof withApp>[1] & {
    between?: (request: Request) => Response | undefined | Promise<Response | undefined>;
  } = {},
): Promise<void> {
  await withApp(async ({ request }) => {
    const requests: string[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (received) => {
      const { pathname } = new URL(received.url);
      requests.push(`${received.method} ${pathname}`);
      return await between(received) ?? await request(received, undefined, "127.0.0.1");
    });
    try {
      await use({ url: `http://127.0.0.1:${server.addr.port}`, requests });
    } finally {
      await server.shutdown();
    }
  }, dependencies);
}
