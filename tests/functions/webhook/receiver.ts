import { Webhook } from "standardwebhooks";

/** 32 bytes. */
export const SECRET = "whsec_dGhlIHNlY3JldCB0aGF0IHRoZSB0ZXN0cyB1c2UgIQ==";

/** A message as the receiver's own library has verified it. */
export interface Received {
  id: string;
  body: {
    type: string;
    timestamp: string;
    data: {
      collection: string;
      model: string;
      groups: { sha256: string; canonical: { sha256: string; id: string; url: string | null } | null }[];
      purge: string[];
    };
  };
}

/** Runs `use` with a server that verifies what it is told, and answers each attempt with the next of the statuses, then 204. */
export async function withReceiver(
  use: (receiver: { url: string; received: Received[]; attempts: string[] }) => Promise<void>,
  statuses: number[] = [],
): Promise<void> {
  const received: Received[] = [];
  const attempts: string[] = [];
  const library = new Webhook(SECRET);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    const body = library.verify(text, Object.fromEntries(request.headers)) as Received["body"];
    const id = request.headers.get("webhook-id")!;
    attempts.push(id);
    const status = statuses.shift() ?? 204;
    if (status < 300) received.push({ id, body });
    return new Response(null, { status, headers: status === 302 ? { Location: "/elsewhere" } : {} });
  });
  try {
    await use({ url: `http://127.0.0.1:${server.addr.port}/hook`, received, attempts });
  } finally {
    await server.shutdown();
  }
}
