import { Buffer } from "node:buffer";
import { HTTPParser } from "http-parser-js";

/** The answer to a request over HTTP/1.1, its body still to come. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Ends with the body; throws if the connection breaks before that. */
  body: AsyncIterable<Uint8Array>;
}

/** Most bytes in one piece that are head, chunk sizes or trailers: what the parser would keep. */
const MAX_OVERHEAD = 131_072;

/**
 * Asks for a URL over a connection that is there already, and reads the answer's head.
 *
 * @throws if the connection breaks, or what comes is no HTTP
 */
export async function getOver(
  conn: Deno.Conn,
  url: URL,
  headers: Record<string, string>,
): Promise<HttpAnswer> {
  const lines = Object.entries({ Host: url.host, ...headers, Connection: "close" })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`;
  const writer = conn.writable.getWriter();
  await writer.write(new TextEncoder().encode(head));
  writer.releaseLock();
  return await readAnswer(conn.readable);
}

async function readAnswer(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<HttpAnswer> {
  const reader = stream.getReader();
  const parser = new HTTPParser(HTTPParser.RESPONSE);
  const chunks: Uint8Array[] = [];
  let answer: Omit<HttpAnswer, "body"> | undefined;
  let isComplete = false;
  parser[HTTPParser.kOnHeadersComplete] = ({ statusCode, headers }) => {
    // An interim answer, such as 103 (early hints), comes before the real one.
    if (statusCode >= 200) answer = { status: statusCode, headers: pairs(headers) };
  };
  parser[HTTPParser.kOnBody] = (buffer, offset, length) => {
    chunks.push(buffer.subarray(offset, offset + length));
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    isComplete = answer !== undefined;
  };
  let overhead = 0;
  const advance = async () => {
    const { value, done } = await reader.read();
    overhead += value?.length ?? 0;
    const result = done
      ? parser.finish()
      : parser.execute(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    if (result instanceof Error) throw result;
    if (chunks.length > 0) overhead = 0;
    if (overhead > MAX_OVERHEAD) {
      throw new Error(`more than ${MAX_OVERHEAD} bytes came without any of the picture`);
    }
    if (done && !isComplete) throw new Error("the connection ended in the middle of the answer");
  };

  while (answer === undefined) await advance();
  async function* body(): AsyncGenerator<Uint8Array> {
    while (true) {
      yield* chunks.splice(0);
      if (isComplete) return;
      await advance();
    }
  }
  return { ...answer, body: body() };
}

/** Header fields as the parser gives them: names and values in turn. */
function pairs(list: string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < list.length; i += 2) headers.append(list[i]!, list[i + 1]!);
  return headers;
}
