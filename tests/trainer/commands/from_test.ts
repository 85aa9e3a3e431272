import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readCheckpoint } from "../../../trainer/checkpoint/run.ts";
import { readSafetensors } from "../../../trainer/checkpoint/safetensors.ts";
import { PHOTOS, runTask, withFolder } from "./command_line.ts";

Deno.test("train --from starts from both encoders of another run, whatever its views, and from no other network's", async () => {
  await withFolder(async (folder) => {
    const [first, second, third] = ["first", "second", "third"].map((name) => join(folder, name)) as [
      ...[string, string, string],
    ];
    const start = ["--data", PHOTOS, "--size", "32", "--stem", "cifar", "--workers", "1", "--eager"];
    const tiny = [...start, "--batch", "16", "--epochs", "1", "--dim", "8"];
    assertEquals((await runTask("train", ...tiny, "--width", "2", "--out", first)).code, 0);

    const more = ["--width", "2", "--size", "40", "--views", "copy", "--skip-own-keys", "--seed", "9"];
    const { code, stderr } = await runTask("train", ...tiny, ...more, "--from", first, "--out", second);
    assertEquals(code, 0, stderr);
    const trained = (await readCheckpoint(first)).state;
    const begun =
      readSafetensors(await Deno.readFile(join(second, "checkpoint-00000000.safetensors"))).tensors;
    for (const [name, tensor] of trained) {
      if (/^encoder_[qk]\./.test(name)) assertEquals(begun.get(name), tensor, name);
    }
    assertNotEquals(begun.get("queue"), trained.get("queue"));
    const { settings, state } = await readCheckpoint(second);
    assertEquals([settings.from, settings.skipOwnKeys], [first, true]);
    // Three steps of 16 have gone through the queue of 32: no row is of an unknown picture.
    assertEquals(state.get("queue_pictures")!.data.every((picture) => picture >= 0 && picture < 58), true);

    const refused = await runTask("train", ...tiny, "--width", "4", "--from", first, "--out", third);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "SettingsError: Cannot start from");
    assertStringIncludes(refused.stderr, "received encoder_q.conv1.weight of [2,3,3,3] instead of [4,3,3,3]");
  });
});
