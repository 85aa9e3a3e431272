import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { checkpointPath, type Progress } from "../../../trainer/checkpoint/run.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import { RunRecord } from "../../../trainer/following/run_record.ts";
import { BASE } from "../../../trainer/presets/preset.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { withFolder } from "../commands/command_line.ts";

const { tf } = await loadTensorFlow();
const STATE: TensorMap = new Map([["queue", { shape: [1, 1], data: new Float32Array([1]) }]]);
const FIGURES = { loss: 2, accuracy: 0.5, alignment: 0.5, uniformity: -2 };
const SETTINGS = { ...BASE, data: "/pictures", heldOut: 0, minutes: null };

function progressAt(step: number): Progress {
  return { step, epoch: step, seconds: step, loss: 2, pictures: 40 };
}

Deno.test("fail() goes back to the checkpoint before when the loss fails with the newest, and calls it the best no more", async () => {
  await withFolder(async (run) => {
    const record = new RunRecord(tf, run, SETTINGS, progressAt(0));
    const best = async () => {
      await record.report({ status: "Training", skipped: new Map() });
      return (await Deno.readTextFile(join(run, "report.html"))).match(
        /Best checkpoint<\/dt>\s*<dd>(.*)<\/dd>/,
      )![1]!;
    };
    for (const [step, knn] of [[1, 0.5], [2, 0.625]] as const) {
      await record.add(FIGURES, { ...progressAt(step), learningRate: 0.1 }, 2, knn);
      await record.save(STATE, progressAt(step));
    }
    assertStringIncludes(await best(), "checkpoint-00000002.safetensors (kNN 62.5 %)");
    await record.fail(3); // two steps after a checkpoint: its weights made a finite loss
    assertEquals(record.checkpoint, checkpointPath(run, 2));
    await record.fail(2);
    assertEquals(record.checkpoint, checkpointPath(run, 1));
    assertEquals(await best(), "unknown without kNN");
  });
});
