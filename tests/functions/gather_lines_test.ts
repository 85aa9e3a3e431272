import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { gatherLines } from "../../functions/embed/gather_lines.ts";

const MODULES = ["gather_lines", "log"].map((name) =>
  import.meta.resolve(`../../functions/embed/${name}.ts`)
);

Deno.test("gatherLines() writes lines that come soon after each other together, and a warning at once, after them", async () => {
  const written: [string, string][] = [];
  const write = gatherLines((level, line) => written.push([level, line]));
  write("info", "1");
  write("debug", "2");
  await Promise.resolve();
  write("info", "3");
  assertEquals(written, []);
  await delay(50);
  assertEquals(written.splice(0), [["info", "1\n2\n3"]]);
  write("info", "4");
  write("warn", "5");
  write("info", "6");
  write("error", "7");
  assertEquals(written.splice(0), [["info", "4"], ["warn", "5"], ["info", "6"], ["error", "7"]]);
  await delay(50);
  assertEquals(written, []);
});

Deno.test("gatherLines() writes what it has when the process ends", async () => {
  const code = `import { gatherLines } from "${MODULES[0]}";
    import { createConsoleLog, writeToConsole } from "${MODULES[1]}";
    const log = createConsoleLog("info", gatherLines(writeToConsole));
    for (const message of ["first", "last"]) log({ message });
    Deno.exit(0);`;
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code], stderr: "inherit" }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assertEquals(lines.map((line) => JSON.parse(line).message), ["first", "last"]);
});
