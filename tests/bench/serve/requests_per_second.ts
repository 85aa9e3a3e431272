const CONNECTIONS = 8;
/** Requests on one connection that are under way at once, so that the server is what waits for nobody. */
const PIPELINED = 8;

/**
 * How many GETs of a URL a server answers in a second, on several connections that are kept. An answer takes this side
 * a fraction of what it takes the server, or this side would be what is measured.
 */
export async function requestsPerSecond(url: string, seconds: number): Promise<number> {
  const { hostname, port, host, pathname } = new URL(url);
  const request = new TextEncoder().encode(
    `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(PIPELINED),
  );
  const start = performance.now();
  const end = start + seconds * 1000;
  const answered = await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const answers = new AnswerCounter();
    const buffer = new Uint8Array(256 * 1024);
    let sent = 0;
    while (performance.now() < end) {
      await connection.write(request);
      sent += PIPELINED;
      while (answers.count < sent) {
        const length = await connection.read(buffer);
        if (length === null) throw new Error("Cannot measure: the server must keep the connection");
        answers.add(buffer.subarray(0, length));
      }
    }
    return answers.count;
  }));
  return answered.reduce((sum, count) => sum + count, 0) / (performance.now() - start) * 1000;
}

const LINE = [13, 10]; // CR, LF
const STATUS = bytesOf("HTTP/1.1 200 ");
const LENGTH = bytesOf("content-length:");

/** Counts answers with a Content-Length in a stream of bytes. */
class AnswerCounter {
  count = 0;
  /** Of the answer's body, what has not come yet. */
  #missing = 0;
  /** Of a head that has come in part. */
  #head = new Uint8Array();

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const skipped = Math.min(this.#missing, bytes.length - at);
      this.#missing -= skipped;
      at += skipped;
      if (this.#missing > 0 || at === bytes.length) break;
      at += this.#readHead(bytes.subarray(at));
    }
  }

  /** @returns how many of the bytes belong to the head */
  #readHead(bytes: Uint8Array): number {
    const before = this.#head.length;
    const all = before === 0 ? bytes : concat(this.#head, bytes);
    let length = -1;
    for (let line = 0; line < all.length;) {
      const end = all.indexOf(LINE[0]!, line);
      if (end === -1 || end + 1 === all.length) break;
      if (end === line) {
        if (length === -1 || !startsWith(all, 0, STATUS)) break;
        this.#head = new Uint8Array();
        this.#missing = length;
        this.count++;
        return end + LINE.length - before;
      }
      if (startsWith(all, line, LENGTH)) length = numberAt(all, line + LENGTH.length, end);
      line = end + LINE.length;
    }
    if (all.length > 16_384 || (all.length >= STATUS.length && !startsWith(all, 0, STATUS))) {
      throw new Error(
        `Cannot measure: the server must answer 200 with a Content-Length: received ${
          new TextDecoder().decode(all.subarray(0, 500))
        }`,
      );
    }
    this.#head = all.slice();
    return bytes.length;
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Whether the bytes go on like this from there, whatever the case of letters. */
function startsWith(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) {
    if ((bytes[at + i]! | 32) !== (expected[i]! | 32)) return false;
  }
  return true;
}

function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) number = 10 * number + digit;
  }
  return number;
}
