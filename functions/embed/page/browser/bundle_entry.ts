/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Bundle, Check } from "./admin_api.ts";
import { element } from "./element.ts";
import { formatDate } from "./format_date.ts";

/** A bundle: what it is now, how it was trained, and every figure of the gate. */
export function bundleEntry(bundle: Bundle, promote: (bundle: Bundle) => void): HTMLLIElement {
  const { id, standing, serving, collections, published, comparison } = bundle;
  const header = element(
    "header",
    {},
    element("h3", { title: id }, id.slice(0, 12)),
    element("span", { className: "tag standing" }, standing.replace("-", " ")),
    ...serving ? [element("span", { className: "tag" }, "embeds here")] : [],
    ...collections ? [element("span", { className: "tag" }, "answers collections")] : [],
  );
  if (standing !== "current" && standing !== "refused") {
    const button = element("button", { type: "button" }, "Make current");
    button.ariaLabel = `Make ${id.slice(0, 12)} current`;
    button.addEventListener("click", () => promote(bundle));
    header.append(button);
  }
  const failed = (comparison?.checks ?? []).filter(({ passed }) => !passed);
  const entry = element(
    "li",
    { className: `entry ${standing}` },
    header,
    element("p", { className: "note" }, formatDate(published), ` · ${describe(bundle)}`),
    ...failed.map((check) => element("p", { className: "problem" }, sentence(check))),
  );
  if (comparison) {
    const against = comparison.against?.slice(0, 12) ?? "its own network untrained";
    entry.append(
      element(
        "details",
        {},
        element("summary", {}, `Against ${against}, on ${comparison.heldOut.pictures} held-out pictures`),
        element("div", { className: "scroller" }, figures(comparison.checks)),
      ),
    );
  }
  return entry;
}

function describe({ training, dimensions, bytes }: Bundle): string {
  if (!training || dimensions === null || bytes === null) return "its manifest cannot be read";
  const { method, pictures, steps, loss } = training;
  return [
    method,
    `${pictures.toLocaleString()} pictures`,
    `${steps.toLocaleString()} steps`,
    ...loss === null ? [] : [`loss ${loss.toFixed(3)}`],
    `${dimensions} dimensions`,
    bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`,
  ].join(" · ");
}

function sentence({ name, unit, measured, relation, required }: Check): string {
  return `Refused: ${name} must be ${relation} ${figure(required, unit)}: it is ${figure(measured, unit)}`;
}

const COLUMNS = ["Figure", "This one", "Current then", "Required"];

function figures(checks: Check[]): HTMLTableElement {
  const head = element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, name)));
  const rows = checks.map(({ name, unit, measured, current, relation, required, passed }) => {
    const values = [
      figure(measured, unit),
      figure(current, unit),
      `${relation} ${figure(required, unit)}`,
    ].map((value, i) => {
      const cell = element("td", {}, value);
      // What the column is called stands before the value where the columns are below each other.
      cell.dataset.column = COLUMNS[i + 1];
      return cell;
    });
    const className = passed ? "" : "missed";
    return element("tr", { className }, element("th", { scope: "row" }, name), ...values);
  });
  return element(
    "table",
    { className: "figures" },
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
}

function figure(value: number | null, unit = ""): string {
  if (value === null) return "–";
  return `${Number(value.toPrecision(4)).toLocaleString(undefined, { maximumFractionDigits: 4 })} ${unit}`
    .trimEnd();
}
