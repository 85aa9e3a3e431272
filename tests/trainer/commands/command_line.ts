import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

interface Manifest {
  tasks: Record<string, string | { command: string }>;
}
const { tasks }: Manifest = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Starts a task's own command, with the permissions that it has, without the setup before it. */
export function startTask(
  name: string,
  ...args: string[]
): { child: Deno.ChildProcess; ended: Promise<Ended> } {
  const task = tasks[name];
  if (task === undefined) throw new RangeError(`Cannot run a task: deno.json has none named ${name}`);
  const [, ...command] = (typeof task === "string" ? task : task.command).split(" ");
  const child = new Deno.Command("deno", {
    args: [...command, ...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const ended = child.output().then(({ code, stdout, stderr }) => ({
    code,
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
  }));
  return { child, ended };
}

/** Runs a task's command to its end. */
export async function runTask(name: string, ...args: string[]): Promise<Ended> {
  return await startTask(name, ...args).ended;
}

/** Gives a temporary folder to `test`. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lookalike-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export const PHOTOS = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));

/** Copies the first `count` photos of the fixtures into a new folder. */
export async function copyPhotos(folder: string, count: number): Promise<void> {
  await Deno.mkdir(folder);
  const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name).sort().slice(0, count);
  for (const name of names) await Deno.copyFile(`${PHOTOS}/${name}`, `${folder}/${name}`);
}
