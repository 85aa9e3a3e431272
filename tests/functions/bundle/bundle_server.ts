const FIXTURES = new URL("../../../fixtures/", import.meta.url);
const read = (name: string) => Deno.readTextFileSync(new URL(`tls/${name}`, FIXTURES));

/** What a process must trust to fetch from it, as DENO_CERT. */
export const AUTHORITY = new URL("tls/ca.pem", FIXTURES).pathname;

export interface BundleServer {
  /** Of the folder with the bundle. */
  url: string;
  /** Paths that were asked for, in order. */
  asked: string[];
}

/**
 * Runs `use` with an https server on this machine that has the bundle of `fixtures/bundle` under `/bundle/`. `answer` may
 * answer a file otherwise.
 */
export async function withBundleServer(
  use: (server: BundleServer) => Promise<void>,
  answer: (name: string, bytes: Uint8Array<ArrayBuffer>) => Response | undefined = () => undefined,
): Promise<void> {
  const asked: string[] = [];
  const certificate = { cert: read("server.pem"), key: read("server.key") };
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, ...certificate, signal: stop.signal, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const name = /^\/bundle\/([\w.]+)$/.exec(pathname)?.[1];
      if (name === undefined) return new Response(null, { status: 404 });
      const bytes = await Deno.readFile(new URL(`bundle/${name}`, FIXTURES));
      return answer(name, bytes) ?? new Response(bytes);
    },
  );
  try {
    await use({ url: `https://127.0.0.1:${server.addr.port}/bundle`, asked });
  } finally {
    stop.abort(); // some tests leave answers that never end
    await server.finished;
  }
}
