import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { metricsAt } from "./metrics_at.ts";
import type { Metrics } from "../../../trainer/following/metrics.ts";
import { reportPage, type RunReport } from "../../../trainer/following/report.ts";
import { BASE } from "../../../trainer/presets/preset.ts";

const EVIL = `<script>alert("1")</script>&'`;
const IMAGE = "data:image/png;base64,AAAA";

const REPORT: RunReport = {
  status: "Training",
  settings: { ...BASE, data: "/pictures", heldOut: 20, minutes: null },
  progress: { step: 30, epoch: 3, seconds: 90, loss: 2.25, pictures: 100 },
  skipped: new Map(),
};

const pageOf = async (report: Partial<RunReport>, metrics: Metrics[], name = "run") =>
  String(await reportPage(name, { ...REPORT, ...report }, metrics, new Date(0)));

const count = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].length;

Deno.test("reportPage() draws a curve of each figure, of kNN only where it was measured", async () => {
  const curve = [metricsAt(10), metricsAt(20), metricsAt(30)];
  assertEquals(count(await pageOf({}, curve), /<polyline/g), 6);
  const page = await pageOf({}, [...curve, metricsAt(40, 0.625)]);
  assertEquals(count(page, /<polyline/g), 7);
  assertStringIncludes(page, "62.5 %");
  assertEquals(count(await pageOf({}, []), /<svg/g), 0);
});

Deno.test("reportPage() draws a long curve with hundreds of points, not thousands, up to its end", async () => {
  const page = await pageOf({}, Array.from({ length: 5000 }, (_, i) => metricsAt(10 * i + 10)));
  const [, points] = page.match(/<polyline points="([^"]+)"/)!;
  assertEquals(points!.split(" ").length, 401);
  assert(points!.split(" ").at(-1)!.startsWith("348.0,"), "the line ends where the axis does");
});

Deno.test("reportPage() shows status, settings, the best checkpoint, skipped files and neighbours", async () => {
  const page = await pageOf({
    status: "Stopped at step 30",
    best: { file: "checkpoint-00000020.safetensors", knn: 0.5 },
    skipped: new Map([["a/cut.jpg", "the file is empty"]]),
    neighbours: {
      ...{ compared: 20, skipped: new Map() },
      rows: [{
        query: { path: "a/1.jpg", image: IMAGE },
        neighbours: [{ path: "b/2.jpg", image: IMAGE, similarity: 0.87654 }],
      }],
    },
  }, []);
  const shown = [
    ...[
      "Stopped at step 30",
      "checkpoint-00000020.safetensors (kNN 50.0 %)",
      "a/cut.jpg",
      "the file is empty",
    ],
    ...["keyMomentum", "0.999", "0.485, 0.456, 0.406", "100 to train on, 20 held out", "0.877", "a/1.jpg"],
  ];
  for (const text of shown) assertStringIncludes(page, text);
  assertEquals(count(page, new RegExp(`<img src="${IMAGE}"`, "g")), 2);
});

Deno.test("reportPage() escapes whatever came from outside, and asks for nothing outside itself", async () => {
  const shown = { path: EVIL, image: IMAGE };
  const page = await pageOf(
    {
      status: EVIL,
      settings: { ...REPORT.settings, data: EVIL, views: EVIL },
      skipped: new Map([[EVIL, EVIL]]),
      neighbours: {
        ...{ compared: 2, skipped: new Map() },
        rows: [{ query: shown, neighbours: [{ ...shown, similarity: 1 }] }],
      },
    },
    [metricsAt(10)],
    EVIL,
  );
  assert(!/<script|alert\("/.test(page), "not escaped");
  assert(!/(?:src|href)="(?!data:)|url\(|@import|http/.test(page), "an outside resource");
});
