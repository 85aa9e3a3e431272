import { html } from "hono/html";
import { axisOver } from "./axis.ts";

/** Markup that is escaped where it must be. */
export type Markup = ReturnType<typeof html>;

export interface Point {
  x: number;
  y: number;
}

const WIDTH = 360, HEIGHT = 190;
/** Room for the axes' labels. */
const LEFT = 50, RIGHT = 12, TOP = 10, BOTTOM = 38;
/** Points of a line: a chart has about as many pixels. */
const MOST_POINTS = 400;

/**
 * A line chart as inline SVG, in the page's colours. A long curve is drawn by the means of equal parts.
 *
 * @param x what lies across, from 0
 * @param points in the order of `x`; one at least
 */
export function lineChart(title: string, x: { label: string; to: number }, points: Point[]): Markup {
  const drawn = thin(points);
  const xAxis = axisOver([0, x.to], 6);
  const yAxis = axisOver(drawn.map(({ y }) => y), 4);
  const across = (x: number) => LEFT + (x - xAxis.from) / (xAxis.to - xAxis.from) * (WIDTH - LEFT - RIGHT);
  const down = (y: number) => TOP + (yAxis.to - y) / (yAxis.to - yAxis.from) * (HEIGHT - TOP - BOTTOM);
  const path = drawn.map(({ x, y }) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`).join(" ");
  const end = drawn.at(-1)!;
  const bottom = HEIGHT - BOTTOM;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${
    yAxis.ticks.map((tick) =>
      html`
        <line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${down(tick)}" y2="${down(tick)}" />
        <text x="${LEFT - 6}" y="${down(tick) + 4}" text-anchor="end">${yAxis.label(tick)}</text>
      `
    )
  }
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>
${
    xAxis.ticks.map((tick) =>
      html`
        <line class="axis" x1="${across(tick)}" x2="${across(tick)}" y1="${bottom}" y2="${bottom + 4}" />
        <text x="${across(tick)}" y="${bottom + 17}" text-anchor="middle">${xAxis.label(tick)}</text>
      `
    )
  }
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${x.label}</text>
<polyline points="${path}"/><circle cx="${across(end.x)}" cy="${down(end.y)}" r="3"/>
</svg>`;
}

/** Means of equal parts; the last point stays what it is. */
function thin(points: Point[]): Point[] {
  if (points.length <= MOST_POINTS) return points;
  const thinned = Array.from({ length: MOST_POINTS }, (_, i) => {
    const part = points.slice(
      Math.floor(i * points.length / MOST_POINTS),
      Math.floor((i + 1) * points.length / MOST_POINTS),
    );
    const mean = (axis: "x" | "y") => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return { x: mean("x"), y: mean("y") };
  });
  return [...thinned, points.at(-1)!];
}
