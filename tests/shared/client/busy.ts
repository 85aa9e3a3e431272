/** An answer of an endpoint that has no room. */
export function busy(headers: HeadersInit, status = 503): Response {
  const error = { message: "Cannot embed: too busy", type: "server_error", code: "queue_full", param: null };
  return Response.json({ error }, { status, headers });
}
