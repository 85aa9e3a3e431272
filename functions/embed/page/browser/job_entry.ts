/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Job } from "./admin_api.ts";
import { element } from "./element.ts";

const SVG = "http://www.w3.org/2000/svg";

/** A job: how far it is, its curve if it trains, and why it failed if it did. */
export function jobEntry(job: Job, cancel: (job: Job) => void): HTMLLIElement {
  const { id, spec: { kind }, state, attempts, worker, progress, error, filed } = job;
  const header = element(
    "header",
    {},
    element("h3", { title: id }, `${kind} ${id.slice(0, 8)}`),
    element("span", { className: "tag standing" }, state),
  );
  if (state === "running" || state === "waiting") {
    const button = element("button", { type: "button" }, "Cancel");
    button.ariaLabel = `Cancel ${kind} ${id.slice(0, 8)}`;
    button.addEventListener("click", () => cancel(job));
    header.append(button);
  }
  const facts = [
    new Date(filed).toLocaleString(),
    ...attempts > 1 ? [`attempt ${attempts}`] : [],
    ...worker === null ? [] : [worker],
    ...progress === null ? [] : [progress.note],
  ];
  const entry = element(
    "li",
    { className: `entry ${state}` },
    header,
    element("p", { className: "note" }, facts.join(" · ")),
  );
  if (error !== null && state !== "done") entry.append(element("p", { className: "problem" }, error));
  if (state === "running") {
    const bar = element("progress", { max: 1 });
    bar.ariaLabel = `${kind} ${id.slice(0, 8)}`;
    if (progress?.share != null) bar.value = progress.share;
    entry.append(bar);
  }
  const curve = progress?.curve ?? [];
  if (curve.length > 1) entry.append(lossCurve(curve));
  return entry;
}

/** The loss over the steps. */
function lossCurve(curve: { step: number; loss: number; knn?: number }[]): HTMLElement {
  const losses = curve.map(({ loss }) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const [first, last] = [curve[0]!, curve.at(-1)!];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "curve");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Loss over the steps");
  const line = document.createElementNS(SVG, "polyline");
  const points = curve.map(({ step, loss }) => {
    const x = 100 * (step - first.step) / Math.max(1, last.step - first.step);
    return `${x.toFixed(2)},${(38 - 36 * (loss - low) / (high - low || 1)).toFixed(2)}`;
  });
  line.setAttribute("points", points.join(" "));
  svg.append(line);
  const knn = curve.findLast((point) => point.knn !== undefined)?.knn;
  const words = [
    `loss ${first.loss.toFixed(3)} to ${last.loss.toFixed(3)} in ${last.step.toLocaleString()} steps`,
    ...knn === undefined ? [] : [`kNN ${(100 * knn).toFixed(1)} %`],
  ];
  const figure = element("div");
  figure.append(svg, element("p", { className: "note" }, words.join(", ")));
  return figure;
}
