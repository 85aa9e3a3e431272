/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { CurvePoint } from "./admin_api.ts";
import { element } from "./element.ts";
import { lineChart, type Point } from "./line_chart.ts";

const share = (value: number) => `${(100 * value).toFixed(1)} %`;

/** What a training's figures have been over its steps: nothing before there are two of one. */
export function curves(curve: CurvePoint[]): HTMLElement[] {
  const pointsOf = (figure: "loss" | "accuracy" | "knn"): Point[] =>
    curve.flatMap(({ step, [figure]: value }) => value === undefined ? [] : [{ step, value }]);
  const charts = ([
    ["Loss", pointsOf("loss"), (value: number) => value.toFixed(3)],
    ["Own key ranked first", pointsOf("accuracy"), share],
    ["kNN accuracy", pointsOf("knn"), share],
  ] as const).filter(([, points]) => points.length > 1).map(([title, points, format]) =>
    lineChart(title, points, format)
  );
  return charts.length === 0 ? [] : [element("div", { className: "curves" }, ...charts)];
}
