/** Resident memory in bytes. */
export interface Memory {
  /** Of the process that serves. */
  server: number;
  /** Of that, its launcher and `deno task`. */
  all: number;
}

/** Resident memory of a `deno task start` and the processes below it, as `ps` sees it. */
export async function residentMemory(taskPid: number): Promise<Memory> {
  const { stdout } = await new Deno.Command("ps", { args: ["-A", "-o", "pid=,ppid=,rss="] }).output();
  const processes = new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [pid, parent, kilobytes] = line.trim().split(/\s+/).map(Number) as [number, number, number];
    return { pid, parent, bytes: kilobytes * 1024 };
  });
  const below = (pid: number): typeof processes =>
    processes.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  const family = [...processes.filter(({ pid }) => pid === taskPid), ...below(taskPid)];
  return {
    // The server is the last in the line of descent.
    server: family.at(-1)!.bytes,
    all: family.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
