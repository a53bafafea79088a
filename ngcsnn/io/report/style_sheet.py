"""How a report looks, on light and on dark ground."""

STYLE_SHEET = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f5f6f8; --ink: #2b2f36; --muted: #68707c; --line: #e0e4e9; --accent: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16191e; --ground: #0e1013; --ink: #e6e9ed; --muted: #a3abb6; --line: #2e343d; --accent: #6cbdec;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif;
}
main { max-width: 1020px; margin: 0 auto; padding: 2.2rem 1.2rem 4rem; }
header h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--muted); }
nav { margin: 1.1rem 0 0; display: flex; flex-wrap: wrap; gap: .35rem 1.2rem; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover, nav a:focus { text-decoration: underline; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .9rem; }
h3 { font-size: 1rem; margin: 0 0 .15rem; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(7.1rem, 1fr)); gap: .8rem; margin: 1.6rem 0 0;
}
.figures div, figure, .table, details { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
.figures div { padding: .8rem 1rem; }
.figures b {
  display: block; font-size: 1.35rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums;
}
.figures span { color: var(--muted); font-size: .84rem; }
figure { margin: 0 0 1rem; padding: 1rem 1.1rem 1.1rem; }
figcaption p { margin: 0 0 .7rem; color: var(--muted); font-size: .92rem; }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.note {
  border-left: 3px solid var(--accent); background: var(--paper); margin: 0 0 1rem; padding: .55rem .9rem;
  color: var(--muted); border-radius: 0 8px 8px 0; overflow-wrap: anywhere;
}
.table { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .42rem .9rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { overflow-wrap: break-word; }
tbody th { white-space: nowrap; }
tr.group th { padding-top: .9rem; color: var(--accent); font-weight: 600; }
details { margin: 0 0 1rem; padding: .2rem 0; }
summary { cursor: pointer; padding: .5rem .9rem; color: var(--accent); }
details .table { border: 0; margin: 0; }
pre {
  margin: 0; padding: .4rem 1rem 1rem; overflow-x: auto; font: .82rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace;
}
footer { margin-top: 3rem; color: var(--muted); font-size: .84rem; }
@media (max-width: 640px) {
  th, td { padding: .38rem .6rem; }
  tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; }
}
@media print { body { background: #fff; } nav { display: none; } figure, .figures div { break-inside: avoid; } }
"""
