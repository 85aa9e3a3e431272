const CONNECTIONS = 8;
/** Requests on one connection that are under way at once, so that the server is what waits for nobody. */
const PIPELINED = 8;

/** How many GETs of a URL a server answers in a second, on several connections that are kept. */
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
    let sent = 0;
    while (performance.now() < end) {
      await connection.write(request);
      sent += PIPELINED;
      const buffer = new Uint8Array(256 * 1024);
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

/** Counts answers with a Content-Length in a stream of bytes. */
class AnswerCounter {
  count = 0;
  /** Of the answer's body, what has not come yet. */
  #missing = 0;
  #head = "";

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const skipped = Math.min(this.#missing, bytes.length - at);
      this.#missing -= skipped;
      at += skipped;
      if (this.#missing > 0 || at === bytes.length) break;
      at += this.#readHead(bytes.subarray(at, at + 2048));
    }
  }

  /** @returns how many of the bytes belong to the head */
  #readHead(bytes: Uint8Array): number {
    const before = this.#head.length;
    this.#head += String.fromCharCode(...bytes);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return bytes.length;
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(this.#head) ?? [];
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(this.#head) ?? [];
    if (status !== "200" || length === undefined) {
      throw new Error(
        `Cannot measure: the server must answer 200 with a Content-Length: received ${this.#head}`,
      );
    }
    this.#head = "";
    this.#missing = Number(length);
    this.count++;
    return end + 4 - before;
  }
}
