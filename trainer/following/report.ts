import { basename, join } from "@std/path";
import { html } from "hono/html";
import { writeAtomically } from "../checkpoint/atomic.ts";
import type { BestCheckpoint, Progress } from "../checkpoint/run.ts";
import type { Settings } from "../moco/settings.ts";
import { lineChart, type Markup } from "./chart.ts";
import { type Metrics, readMetrics } from "./metrics.ts";
import type { NeighbourRow, NeighbourRows } from "./neighbour_pictures.ts";
import { REPORT_STYLE } from "./report_style.ts";

/** What a report tells of a run, besides its curve. */
export interface RunReport {
  /** In words: whether it trains, has ended, or was stopped, and what to do then. */
  status: string;
  settings: Settings;
  progress: Progress;
  /** Absent where kNN was not measured. */
  best?: BestCheckpoint;
  /** Files that could not be read, each with the reason. */
  skipped: ReadonlyMap<string, string>;
  /** Absent while training goes on. */
  neighbours?: NeighbourRows;
  /** Why there are none, in words, where they were looked for. */
  noNeighbours?: string;
}

/** Writes `report.html` into a run's folder: one file that needs no other, and no scripts. */
export async function writeReport(run: string, report: RunReport): Promise<void> {
  const page = await reportPage(basename(run), report, await readMetrics(run), new Date());
  await writeAtomically(join(run, "report.html"), String(page));
}

/** The report as a page. Whatever came from outside, such as names of files, is escaped. */
export function reportPage(name: string, report: RunReport, metrics: Metrics[], written: Date): Markup {
  const { status, settings, progress, best, skipped, neighbours, noNeighbours } = report;
  const knn = metrics.findLast((line) => line.knn !== undefined)?.knn;
  const minutes = progress.seconds / 60;
  const facts: [string, string][] = [
    ["Step", `${progress.step}`],
    ["Epoch", progress.epoch.toFixed(2)],
    ["Training time", minutes < 120 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`],
    ["Loss", progress.loss === null ? "none yet" : progress.loss.toFixed(3)],
    ["kNN", knn === undefined ? "not measured" : percent(knn)],
    [
      "Best checkpoint",
      best === undefined ? "unknown without kNN" : `${best.file} (kNN ${percent(best.knn)})`,
    ],
    ["Pictures", `${progress.pictures} to train on, ${settings.heldOut} held out`],
    ["Files skipped", `${skipped.size}`],
  ];
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <title>${name}: ${status}</title>
        <style>${REPORT_STYLE}</style>
      </head>
      <body>
    <h1>${name}</h1>
    <p class="status">${status}</p>
    <p class="faint">Written ${written.toISOString().slice(0, 19).replace("T", " ")} UTC</p>
    <dl class="facts">${facts.map(([term, value]) =>
      html`
        <div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
    <h2>Curves</h2>
    ${curves(metrics)}
    ${neighbours && neighbours.rows.length > 0 ? neighbourSection(neighbours) : ""}
    ${noNeighbours === undefined
      ? ""
      : html`<p class="faint">No nearest neighbours are shown: ${noNeighbours}</p>`}
    ${skipped.size > 0 ? skippedSection(skipped) : ""}
    <h2>Settings</h2>
    <table class="settings">${Object.entries(settings).map(([setting, value]) =>
      html`
        <tr>
          <th scope="row">${setting}</th>
          <td>${Array.isArray(value) ? value.join(", ") : String(value)}</td>
        </tr>
      `
    )}</table>
      </body>
    </html>
  `;
}

/** What is drawn of each line of `metrics.jsonl`, times a factor, with so many significant digits. */
const CURVES: { name: keyof Metrics; title: string; says: string; times?: number; digits: number }[] = [
  { name: "loss", title: "Loss", says: "InfoNCE", digits: 4 },
  { name: "accuracy", title: "Accuracy", says: "% of queries' own keys came first", times: 100, digits: 3 },
  { name: "knn", title: "kNN", says: "% of held-out pictures' classes guessed", times: 100, digits: 3 },
  { name: "alignment", title: "Alignment", says: "squared distance to the own key", digits: 3 },
  { name: "uniformity", title: "Uniformity", says: "lower is better spread", digits: 3 },
  { name: "learningRate", title: "Learning rate", says: "of the latest step", digits: 3 },
  { name: "picturesPerSecond", title: "Pictures per second", says: "in steps", digits: 3 },
];

function curves(metrics: Metrics[]): Markup {
  if (metrics.length === 0) return html`<p class="faint">No step has been made yet.</p>`;
  return html`<div class="charts">${
    CURVES.map(({ name, title, says, times = 1, digits }) => {
      const points = metrics.flatMap((line) => {
        const y = line[name];
        return y === undefined ? [] : [{ x: line.epoch, y: times * y }];
      });
      if (points.length === 0) return "";
      return html`<figure><figcaption><b>${title}</b> ${
        Number(points.at(-1)!.y.toPrecision(digits))
      } <span class="faint">${says}</span></figcaption>
${lineChart(title, { label: "epoch", to: metrics.at(-1)!.epoch }, points)}</figure>`;
    })
  }</div>`;
}

function neighbourSection({ rows, compared }: NeighbourRows): Markup {
  const row = ({ query, neighbours }: NeighbourRow) =>
    html`
      <div
        class="row"><figure class="query"><img src="${query.image}" alt="${query.path}" title="${query
          .path}"><figcaption>${query.path}</figcaption></figure>${neighbours.map((
            { path, image, similarity },
          ) =>
            html`<figure><img src="${image}" alt="${path}" title="${path}"><figcaption>${
              similarity.toFixed(3)
            }</figcaption></figure>`
          )}</div>
    `;
  return html`
    <h2>Nearest neighbours</h2>
    <p
      class="faint">Pictures that were held out of training, each with those most like it among ${compared} of them, and the cosine of
    the two embeddings (after the projection head).</p>
    ${rows.map(row)}
  `;
}

function skippedSection(skipped: ReadonlyMap<string, string>): Markup {
  return html`<h2>Files skipped</h2>
<table>${
    [...skipped].map(([path, reason]) =>
      html`
        <tr>
          <th scope="row">${path}</th>
          <td>${reason}</td>
        </tr>
      `
    )
  }</table>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
