import { assert, assertEquals } from "@std/assert";
import { startServer } from "../server_process.ts";
import { answer, photo, upload } from "../test_app.ts";

/** What is read of the JSON that OTLP sends: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. */
interface Exported {
  resourceSpans?: { scopeSpans: { spans: Span[] }[] }[];
  resourceLogs?: { scopeLogs: { logRecords: { traceId?: string; body: { stringValue: string } }[] }[] }[];
}

interface Span {
  traceId: string;
  parentSpanId: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string; doubleValue?: number } }[];
}

/** A collector of OTLP over HTTP that keeps what it is sent. */
function startCollector() {
  const received: Exported[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    received.push(await request.json());
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans: () =>
      received.flatMap(({ resourceSpans = [] }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
      ),
    logs: () =>
      received.flatMap(({ resourceLogs = [] }) =>
        resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
      ),
    stop: () => server.shutdown(),
  };
}

Deno.test("deno task start with OTEL_DENO=true exports a span per request, by route, and its log line with it", async () => {
  const collector = startCollector();
  const server = startServer({
    PORT: "0",
    BUNDLE: "fixtures/bundle",
    STORE_URL: "sqlite::memory:",
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "50",
    OTEL_BLRP_SCHEDULE_DELAY: "50",
  });
  const url = await server.url;
  const [traceId, caller] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  const headers = { "Content-Type": "image/jpeg", traceparent: `00-${traceId}-${caller}-01` };
  await answer(await fetch(url, { ...upload(await photo(0)), headers }));

  const find = () =>
    [
      collector.spans().find((span) => span.traceId === traceId),
      collector.logs().find((record) => record.traceId === traceId),
    ] as const;
  const deadline = performance.now() + 30_000;
  while (find().includes(undefined) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [span, record] = find();
  server.stop("SIGTERM");
  await server.ended;
  await collector.stop();

  assertEquals([span?.name, span?.parentSpanId], ["POST /v1/embeddings", caller]);
  const attributes = new Map(span!.attributes.map(({ key, value }) => [key, value]));
  assertEquals(attributes.get("http.route"), { stringValue: "/v1/embeddings" });
  for (const stage of ["decode", "preprocess", "infer", "store"]) {
    assert(attributes.get(`lookalike.${stage}_ms`)!.doubleValue! > 0, stage);
  }
  assertEquals(JSON.parse(record!.body.stringValue).route, "/v1/embeddings");
});
