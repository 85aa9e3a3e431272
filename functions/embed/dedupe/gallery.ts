import { resolve, toFileUrl } from "@std/path";
import { encodeBase64 } from "@std/encoding/base64";
import { html } from "hono/html";
import type { FolderPicture } from "../folder/embedding_run.ts";
import type { FolderGroup, Member } from "./folder_groups.ts";
import { GALLERY_STYLE } from "./gallery_style.ts";
import { type Report, totalsOf } from "./report.ts";
import { countOf, inBytes, summarize, verdictOf } from "./words.ts";

/** Groups of a gallery, and pictures of a group: a page of 100 MB opens in no browser. */
export const MAX_GROUPS = 1000;
export const MAX_MEMBERS = 24;

/** What is shown: the groups that save most, and of each the nearest copies. */
export function shownFiles({ groups }: Report): FolderPicture[] {
  return groups.slice(0, MAX_GROUPS).flatMap(({ canonical, members }) => [
    canonical,
    ...members.slice(0, MAX_MEMBERS),
  ]);
}

/**
 * The report as one page that needs no other file and runs no script. Whatever came from outside, such as names of files,
 * is escaped.
 *
 * @param previews small JPEGs by path
 */
export function* galleryPage(report: Report, previews: ReadonlyMap<string, Uint8Array>): Generator<string> {
  const { folders, groups, skipped, threshold, bundle } = report;
  const [pictures, ...findings] = summarize(totalsOf(report), skipped);
  yield `${html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>Copies in ${folders.join(", ")}</title>
        <style>${GALLERY_STYLE}</style>
      </head>
      <body>
        <header>
    <h1>Copies</h1>
    <p>${pictures} in ${folders.join(", ")}</p>
    <ul class="findings">${findings.map((finding) => html`<li>${finding}</li>`)}</ul>
    <p class="faint">Copies are at least ${threshold.toFixed(3)} alike, by the encoder ${bundle.slice(
      0,
      12,
    )}. <b>Same bytes</b> and <b>replaceable</b>: the first picture of the group can be shown in its place.
    <b>Copy</b>: it shows the same, but is cropped, written on, turned, coloured or larger, so that nothing stands in for it.</p>
    ${groups.length > MAX_GROUPS
      ? html`<p class="faint">Of ${countOf(groups.length, "group")}, these ${MAX_GROUPS} save most.</p>`
      : ""}
    <label><input type="checkbox" id="only"> Only groups that save something</label>
        </header>
        <main>
  `}`;
  for (const group of groups.slice(0, MAX_GROUPS)) yield `${groupSection(group, previews)}\n`;
  yield `${html`
    </main>
    ${skipped.length === 0 ? "" : html`
      <details>
        <summary>${countOf(skipped.length, "file")} skipped</summary>
        <ul>${skipped.map(({ path, reason }) =>
          html`<li>${path} <span class="faint">${reason}</span></li>`
        )}</ul>
      </details>
    `}
    </body>
    </html>
  `}`;
}

function groupSection({ canonical, members, saves }: FolderGroup, previews: ReadonlyMap<string, Uint8Array>) {
  const shown = members.slice(0, MAX_MEMBERS);
  return html`<section class="${saves > 0 ? "saving" : "keeping"}">
<h2>${countOf(members.length, "copy", "copies")}${saves > 0 ? `, ${inBytes(saves)} to be saved` : ""}</h2>
<div class="pictures">${card(canonical, previews)}${
    shown.map((member) => card(member, previews, member))
  }</div>
${
    shown.length < members.length
      ? html`<p class="faint">and ${countOf(members.length - shown.length, "more", "more")}</p>`
      : ""
  }
</section>`;
}

function card(picture: FolderPicture, previews: ReadonlyMap<string, Uint8Array>, member?: Member) {
  const { path, width, height, format, bytes } = picture;
  const preview = previews.get(path);
  const verdict = member ? verdictOf(member) : "canonical";
  return html`
    <figure class="${verdict.replace(" ", "-")}">
      <a href="${toFileUrl(resolve(path)).href}">${preview
        ? html`<img src="data:image/jpeg;base64,${
          encodeBase64(preview)
        }" alt="" loading="lazy" decoding="async">`
        : html`<span class="faint">No preview</span>`}</a>
      <figcaption><b>${verdict}</b>${member
        ? html`
          <span class="score">${member.score.toFixed(3)}</span>
        `
        : ""}
    <span class="path" title="${path}">${path}</span>
    <span class="faint">${width} x ${height} ${format}, ${inBytes(bytes)}</span></figcaption>
    </figure>
  `;
}
