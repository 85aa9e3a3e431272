import { assertEquals } from "@std/assert";
import { readGroups } from "../../../functions/embed/store/group_rows.ts";
import type { Database, Row } from "../../../functions/embed/store/database.ts";

Deno.test("readGroups() leaves out a group that is gone when its pictures are read", async () => {
  const picture = (id: string, canonical: number | null): Row => ({
    ...{ id, url: null, priority: 0, created: 0, metadata: "{}", sha256: "", bytes: 1, format: "png" },
    ...{ width: 1, height: 1, canonical, score: 1, replaceable: 1 },
  });
  // Another process has taken out the first, and the second has become a copy of another picture.
  const answers: Row[][] = [
    [{ id: 1, rank: "a" }, { id: 2, rank: "b" }, { id: 3, rank: "c" }],
    [],
    [picture("moved", 7)],
    [picture("there", null), picture("copy", 3)],
  ];
  const database = { query: () => Promise.resolve(answers.shift()!) } as Partial<Database> as Database;
  const scope = { id: 1, collection: "c", bundle: "b", threshold: 0.5 };
  const { groups, next } = await readGroups(database, scope, { after: "", limit: 3 });
  assertEquals(groups.map(({ canonical, members }) => [canonical.id, members.map(({ id }) => id)]), [
    ["there", ["copy"]],
  ]);
  assertEquals(next, "c");
});
