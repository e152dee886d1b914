"""The look of the page, light and dark. Badges differ by their words first, by colour second."""

CSS = """
:root { --paper: #fff; --ink: #1a1a1a; --muted: #5c5c5c; --line: #ddd; --alarm: #b3261e; --shade: #f5f5f5; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181a; --ink: #e8e8e8; --muted: #a5a5a5; --line: #3a3d40; --alarm: #ff8a80; --shade: #202326; }
  img { filter: invert(0.91) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
main > p, dd { max-width: 46rem; }
small, figcaption { color: var(--muted); font-size: .82em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th { text-align: left; font-weight: 500; white-space: nowrap; }
thead th { color: var(--muted); font-weight: 400; border-bottom: 2px solid var(--line); vertical-align: bottom; }
.results thead th { white-space: normal; }
.results thead th:nth-child(n + 4) { text-align: right; }
.results tbody tr:hover { background: var(--shade); }
td small { display: block; }
.results td { white-space: nowrap; }
.results td.refused { white-space: normal; min-width: 14rem; max-width: 20rem; }
td.over, td.over small { color: var(--alarm); font-weight: 600; }
.badge { display: inline-block; padding: 0 .5em; border: 1px solid var(--muted); border-radius: 1em; font-size: .78em; }
.badge.measured { border-style: solid; background: var(--ink); color: var(--paper); }
.badge.modelled { border-style: solid; }
.badge.estimated { border-style: dashed; }
.badge.refused { border-color: var(--alarm); color: var(--alarm); }
figure { margin: 2.5rem 0 0; }
img { display: block; width: 100%; height: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; }
dd { margin: 0; }
summary { cursor: pointer; }
.origins td { text-align: left; vertical-align: top; font-size: .82rem; }
.origins th { vertical-align: top; font-size: .82rem; }
code { overflow-wrap: anywhere; font-size: .9em; display: block; min-width: 18rem; }
"""
