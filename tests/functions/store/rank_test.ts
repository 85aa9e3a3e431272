import { assertEquals } from "@std/assert";
import { rank } from "../../../functions/embed/store/rank.ts";

Deno.test("rank() puts the oldest first, also of pictures from before 1970", () => {
  const times = [
    "1901-05-06",
    "1967-01-01",
    "1968-01-01",
    "1969-12-31",
    "1970-01-01",
    "1970-01-02",
    "2026-01-02",
  ].map(
    Date.parse,
  );
  const of = (created: number) =>
    rank("oldest", { priority: 0, width: 1, height: 1, bytes: 1, created, sha256: "a" });
  assertEquals(times.toReversed().map(of).sort(), times.map(of));
});
