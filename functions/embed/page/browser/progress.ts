/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./element.ts";
import { formatTime } from "./format_time.ts";
import { isEmbedded, type Picture } from "./picture.ts";

/** Shows how far it is, and in the end what was found. */
export function showProgress(pictures: Picture[], groups: number): void {
  byId("status").textContent = describe(pictures, groups);
  const done = pictures.filter(({ embedding, error }) => embedding ?? error).length;
  const bar = byId<HTMLProgressElement>("progress");
  bar.max = pictures.length;
  bar.value = done;
  bar.hidden = done === pictures.length;
}

function describe(pictures: Picture[], groups: number): string {
  const embedded = pictures.filter(isEmbedded);
  const failed = pictures.filter(({ error }) => error).length;
  if (embedded.length + failed < pictures.length) {
    return `${embedded.length + failed} of ${pictures.length} pictures`;
  }
  const times = embedded.map(({ embedding }) => embedding.milliseconds).sort((a, b) => a - b);
  return [
    count(pictures.length, "picture"),
    groups === 0 ? "no copies" : `${count(groups, "group")} of copies`,
    ...failed > 0 ? [`${failed} not embedded`] : [],
    ...times.length > 0 ? [`${formatTime(times[Math.floor(times.length / 2)]!)} each (median)`] : [],
  ].join(" · ");
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}
