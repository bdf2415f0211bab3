"""The look of the report: one quiet sheet, dark on white, for screen and A4."""

from __future__ import annotations

from typing import Final

CSS: Final = """
:root{color-scheme:light;--ink:#1a1a1a;--soft:#5c5c5c;--line:#d9d9d9;--faint:#f5f5f4}
*{box-sizing:border-box}
html{background:#fff;font-size:15px}
body{margin:0 auto;padding:28px 28px 40px;max-width:1120px;color:var(--ink);background:#fff;
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:1.05rem;font-weight:600;margin:0}
h2{font-size:1.05rem;font-weight:600;margin:2.2rem 0 .6rem;padding-top:.7rem;border-top:1px solid var(--line)}
h3{font-size:.95rem;font-weight:600;margin:1.3rem 0 .35rem}
p{margin:.4rem 0}
header p{color:var(--soft);margin:.1rem 0 0;overflow-wrap:anywhere}
.finding{font-size:1.35rem;line-height:1.4;margin:1.4rem 0 .9rem;max-width:62rem}
.significance{margin:.4rem 0;max-width:62rem}
.significance strong{font-weight:600}
.level{display:inline-block;border:1.5px solid var(--ink);border-radius:3px;padding:0 .5em;margin-right:.5em;
font-weight:600}
.level.work_up,.level.urgent{background:var(--ink);color:#fff}
.why{margin:.3rem 0 .3rem;padding-left:1.2rem}
.why li{margin:.1rem 0}
.soft,figcaption,.note{color:var(--soft);font-size:.86rem}
.row{display:grid;gap:10px;margin:.5rem 0}
.keys{margin-top:1.1rem}
.row.one{grid-template-columns:minmax(0,30rem)}
.row.two{grid-template-columns:repeat(2,minmax(0,27rem))}
.row.three{grid-template-columns:repeat(3,minmax(0,1fr))}
.row.four{grid-template-columns:repeat(4,minmax(0,1fr))}
figure{margin:0;min-width:0}
figcaption{margin-top:.25rem;line-height:1.35}
svg.panel{display:block;width:100%;height:auto;background:#000}
svg.panel path{fill:none;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.mark path{stroke-width:1.6px}
.mark.ectopic path{stroke-width:2.2px}
.mark path.halo{stroke:#000;stroke-width:3.4px;stroke-opacity:.35}
.tick{stroke:#fff;stroke-width:1.4px}
.bar{stroke:#fff;stroke-width:2px}
svg.panel text{font-family:inherit;fill:#fff;paint-order:stroke;stroke:#000;stroke-width:.18em;
stroke-opacity:.7;stroke-linejoin:round}
svg.panel text.letter{text-anchor:middle;font-weight:600}
svg.panel text.number{font-weight:600;stroke-opacity:.85}
svg.panel text.small{fill:#e4e4e4}
svg.swatch{width:30px;height:8px;vertical-align:1px;margin-right:.45em;flex:none}
svg.swatch path{fill:none;stroke-width:2px}
svg.swatch path.ectopic{stroke-width:3.6px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;color:var(--soft);font-size:.86rem;margin:.5rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{font-weight:600;text-align:left;color:var(--soft);
border-bottom:1.5px solid var(--ink);vertical-align:bottom}
th,td{padding:.3rem .7rem .3rem 0}
th:last-child,td:last-child{padding-right:0}
td{border-bottom:1px solid var(--line);vertical-align:top}
th.num,td.num{text-align:right}
td.num,summary{white-space:nowrap}
tbody tr:last-child td{border-bottom:0}
td.num+td:not(.num),th.num+th:not(.num){padding-left:1rem}
th small{font-weight:400}
.pm{color:var(--soft)}
.scroll{overflow-x:auto}
details summary{cursor:pointer}
details ul{margin:.3rem 0 .4rem;padding-left:1.1rem;color:var(--soft);max-width:34rem}
.cautions{padding-left:1.2rem;margin:.3rem 0}
.methods{max-width:62rem}
footer{margin-top:2.4rem;padding-top:.7rem;border-top:1px solid var(--line);color:var(--soft);
font-size:.86rem}
a{color:inherit}
.bars{display:grid;grid-template-columns:minmax(9rem,18rem) 1fr 4rem;gap:.2rem .8rem;align-items:center;
font-size:.9rem}
.bars i{display:block;height:8px;background:var(--ink);border-radius:1px;min-width:1px}
.bars b{font-weight:400;text-align:right}
@media (max-width:720px){.row.three,.row.four,.row.two{grid-template-columns:repeat(2,minmax(0,1fr))}
body{padding:16px}.finding{font-size:1.15rem}}
@page{size:A4;margin:14mm 13mm}
@media print{
html{font-size:9.5pt}
body{max-width:none;padding:0}
.finding{font-size:1.35rem;margin:1rem 0 .7rem}
h2{margin-top:1.2rem;break-after:avoid}
h3{margin:.6rem 0 .1rem}
.row{margin:.3rem 0}
.plate .soft{margin:.1rem 0 .3rem}
.mark path{stroke-width:.9px}
.mark.ectopic path{stroke-width:1.3px}
.mark path.halo{stroke-width:2px}
.tick{stroke-width:1px}
h3,.plates>.note{break-after:avoid}
figure,tr,.plate,.keep{break-inside:avoid}
thead{display:table-header-group}
svg.panel,svg.swatch,.level,.bars i{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible}
.row{gap:6px}
.row.three{grid-template-columns:repeat(3,minmax(0,1fr))}
.row.four{grid-template-columns:repeat(4,minmax(0,1fr))}
a{text-decoration:none}
}
"""
