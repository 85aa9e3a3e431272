/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Job } from "./admin_api.ts";
import { curves } from "./curves.ts";
import { element } from "./element.ts";
import { formatDate } from "./format_date.ts";

/** A job: how far it is, its curves if it trains, what it made, and why it failed if it did. */
export function jobEntry(job: Job, cancel: (job: Job) => void): HTMLLIElement {
  const { id, spec, state, attempts, worker, progress, error } = job;
  const name = `${spec.kind} ${id.slice(0, 8)}`;
  const header = element(
    "header",
    {},
    element("h3", { title: id }, name),
    element("span", { className: "tag standing" }, state),
  );
  if (state === "running" || state === "waiting") {
    const button = element("button", { type: "button" }, "Cancel");
    button.ariaLabel = `Cancel ${name}`;
    button.addEventListener("click", () => cancel(job));
    header.append(button);
  }
  const entry = element(
    "li",
    { className: `entry ${state}` },
    header,
    note(
      ...times(job),
      ...attempts > 1 ? [`attempt ${attempts}`] : [],
      ...worker === null ? [] : [worker],
      ...progress === null ? [] : [progress.note],
    ),
  );
  const facts = [...purpose(spec), ...made(job)];
  if (facts.length > 0) entry.append(note(...facts));
  if (error !== null && state !== "done") entry.append(element("p", { className: "problem" }, error));
  if (state === "failed") {
    entry.append(
      note(element("span", {}, "to try it again: ", element("code", {}, `deno task jobs retry ${id}`))),
    );
  }
  if (state === "running") {
    const bar = element("progress", { max: 1 });
    bar.ariaLabel = name;
    if (progress?.share != null) bar.value = progress.share;
    entry.append(bar);
  }
  entry.append(...curves(progress?.curve ?? []));
  return entry;
}

/** A line of facts, with dots between them. */
function note(...facts: (Node | string)[]): HTMLParagraphElement {
  const separated = facts.flatMap((fact, i) => i === 0 ? [fact] : [" · ", fact]);
  return element("p", { className: "note" }, ...separated);
}

function times({ state, attempts, filed, due, started, ended }: Job): Node[] {
  const at = (words: string, time: string) => element("span", {}, `${words} `, formatDate(time));
  if (ended !== null) return [at(state, ended)];
  if (state === "running" && started !== null) return [at("since", started)];
  return [at("filed", filed), ...attempts > 0 ? [at("next attempt", due)] : []];
}

/** What it is to work on, and where it ends. */
function purpose({ kind, until, data, run, bundle, shard }: Job["spec"]): string[] {
  const from = run ?? bundle;
  return [
    ...data === undefined ? [] : [data.join(", ")],
    ...from === undefined ? [] : [`of ${run === undefined ? "export" : "train"} ${from.slice(0, 8)}`],
    ...shard === undefined ? [] : [`part ${shard.part} of ${shard.of}`],
    ...until === kind ? [] : [`until ${until}`],
  ];
}

function made({ spec: { kind }, result }: Job): string[] {
  const bundle = typeof result?.bundle === "string" ? result.bundle : undefined;
  if (kind === "reembed" && result !== null) {
    return [
      ...result.parts === undefined ? [] : [`${result.pictures} pictures in ${result.parts} parts`],
      ...bundle === undefined ? [] : [`${result.pictures} pictures embedded by ${bundle.slice(0, 12)}`],
      ...result.missed ? [`${result.missed} cannot be: ${named(result.named)}`] : [],
    ];
  }
  return bundle === undefined ? [] : [`${kind === "publish" ? "published" : "made"} ${bundle.slice(0, 12)}`];
}

/** The first few of the pictures that cannot be embedded, with the reasons. */
function named(pictures: unknown): string {
  const shown = (pictures as { collection: string; id: string; reason: string }[]).slice(0, 3);
  return shown.map(({ collection, id, reason }) => `${collection}/${id} (${reason})`).join(", ");
}
