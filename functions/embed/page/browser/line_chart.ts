/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { element } from "./element.ts";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100, HEIGHT = 40;

export interface Point {
  step: number;
  value: number;
}

/**
 * A line over the steps, with the newest value in its title and its ends named beside it.
 *
 * @param points in the order of their steps; two at least
 * @param format writes a value
 */
export function lineChart(title: string, points: Point[], format: (value: number) => string): HTMLElement {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [points[0]!, points.at(-1)!];
  const across = (step: number) => WIDTH * (step - first.step) / Math.max(1, last.step - first.step);
  const down = (value: number) => high === low ? HEIGHT / 2 : HEIGHT * (high - value) / (high - low);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute(
    "points",
    points.map(({ step, value }) => `${across(step).toFixed(2)},${down(value).toFixed(2)}`).join(" "),
  );
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    `${title} from ${format(first.value)} to ${format(last.value)} in ${last.step.toLocaleString()} steps`,
  );
  svg.append(line);
  return element(
    "figure",
    { className: "chart" },
    element("figcaption", {}, title, element("b", {}, format(last.value))),
    element(
      "div",
      { className: "values" },
      ...high === low ? [format(high)] : [format(high), format(low)].map(span),
    ),
    svg,
    element(
      "div",
      { className: "steps" },
      span(`step ${first.step.toLocaleString()}`),
      span(last.step.toLocaleString()),
    ),
  );
}

function span(text: string): HTMLSpanElement {
  return element("span", {}, text);
}
