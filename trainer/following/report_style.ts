import { raw } from "hono/html";

/** The report's style sheet: the reader's own light or dark scheme, and one column where it is narrow. */
export const REPORT_STYLE = raw(`
:root { --ink: #1c2024; --faint: #60646c; --ground: #fff; --edge: #d9dce1; --curve: #0a6cbd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #edeef0; --faint: #a0a4ab; --ground: #14161a; --edge: #363a40; --curve: #6cb6ff; }
}
body {
  margin: 0 auto; max-width: 1180px; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0.5rem 0 0; font-size: 1.7rem; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.2rem; }
.status { margin: 0.3rem 0 0; }
.faint { color: var(--faint); font-weight: normal; }
p.faint { margin: 0.2rem 0 0.8rem; font-size: 0.9rem; }
figure { margin: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 10rem), 1fr)); gap: 0.6rem 1rem; margin: 0; }
dt { color: var(--faint); font-size: 0.85rem; }
dd { margin: 0; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.2rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font-size: 11px; }
svg .grid { stroke: var(--edge); }
svg .axis { stroke: var(--faint); }
svg polyline { fill: none; stroke: var(--curve); stroke-width: 1.75; stroke-linejoin: round; }
svg circle { fill: var(--curve); }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem; padding: 0.5rem 0; border-top: 1px solid var(--edge); }
.row figure { width: 96px; font-size: 0.8rem; }
.row figcaption { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .query { padding-right: 0.5rem; border-right: 1px solid var(--edge); }
.row img { display: block; width: 96px; height: 96px; object-fit: contain; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.2rem 1rem 0.2rem 0; border-top: 1px solid var(--edge); text-align: left; vertical-align: top; }
th { min-width: 8rem; font-weight: 600; }
`);
