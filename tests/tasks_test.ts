import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { runTask, withFolder } from "./trainer/commands/command_line.ts";

/** One task of each way to read options. */
const TASKS = ["start", "build", "store", "key", "setup", "train", "jobs"];

/** How tasks end, each with the permissions that it has; three at a time. */
async function endsOf(calls: [task: string, ...args: string[]][]) {
  const ends = [];
  for (let i = 0; i < calls.length; i += 3) {
    ends.push(
      ...await Promise.all(
        calls.slice(i, i + 3).map(async ([task, ...args]) => ({ task, ...await runTask(task, ...args) })),
      ),
    );
  }
  return ends;
}

function hasStack(text: string): boolean {
  return /^ +at /m.test(text);
}

Deno.test("a task refuses an option that it does not have, without a stack", async () => {
  for (
    const { task, code, stdout, stderr } of await endsOf(TASKS.map((task) => [task, "--no-such-option"]))
  ) {
    assert(code === 1 || code === 2, `${task} ended with ${code}`);
    assertMatch(stderr, /--no-such-option|^Embeds pictures over HTTP/, task);
    assertEquals([task, stdout, hasStack(stderr)], [task, "", false]);
  }
});

Deno.test("a task that is given what is not there names it, without a stack", async () => {
  await withFolder(async (folder) => {
    const nowhere = join(folder, "nowhere");
    const ends = await endsOf([
      ["build", nowhere],
      ["calibrate", nowhere, "--data", folder],
      ["export", "--run", nowhere, "--out", join(folder, "out")],
      ["import", nowhere, "--out", join(folder, "out")],
      ["views", "--data", nowhere],
      ["embed", nowhere, "--out", join(folder, "out.npy")],
      ["dedupe", folder, "--prefer", nowhere],
      ["registry", "publish", nowhere, "--registry", folder, "--comparison", nowhere],
      ["worker", "--once", "--retrain-after", "1", "--retrain-job", nowhere],
      ["store", "copy", `sqlite://${nowhere}`, `sqlite://${join(folder, "to.db")}`],
    ]);
    for (const { task, code, stderr } of ends) {
      assertMatch(stderr, /^(\w+Error: )?Cannot .*(: received .*\/nowhere|\/nowhere: )/m, task);
      assertEquals([task, code, hasStack(stderr)], [task, 1, false]);
    }
  });
});
