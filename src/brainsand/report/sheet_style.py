"""The look of the printed report: A4, small type, nothing that a black-and-white printer would lose."""

from __future__ import annotations

from typing import Final

from brainsand.report.panel import KIND_COLOURS

CSS: Final = """
@page{size:A4;margin:13mm 13mm 15mm;
@bottom-left{content:"brainsand: for research and decision support, not a medical device";
font:6.5pt sans-serif;color:#555}
@bottom-right{content:"page " counter(page) " of " counter(pages);font:6.5pt sans-serif;color:#555}}
html{font-size:8.2pt}
body{margin:0;color:#111;font-family:"Noto Sans","Liberation Sans","DejaVu Sans",Arial,sans-serif;line-height:1.35}
h1{font-size:10pt;margin:0;font-weight:600}
h2{font-size:9pt;font-weight:600;margin:3.2mm 0 1mm;padding-top:1.2mm;border-top:.3pt solid #999;break-after:avoid}
h3{font-size:8.2pt;font-weight:600;margin:1.5mm 0 .3mm;break-after:avoid}
p{margin:.6mm 0}
header p,.soft,.note,small,figcaption{color:#444}
small,.note,figcaption{font-size:7pt}
.finding{font-size:11pt;line-height:1.3;margin:2.5mm 0 2mm}
.level{border:.8pt solid #111;border-radius:1.5pt;padding:0 .5em;font-weight:600}
.level.work_up,.level.urgent{background:#111;color:#fff}
ul,ol{margin:.6mm 0;padding-left:4.5mm}
li{margin:.2mm 0}
.row{display:table;table-layout:fixed;width:100%;margin:1mm 0}
.row.one{width:62mm}
.row.two{width:123mm}
figure{display:table-cell;margin:0;padding-right:1.6mm;vertical-align:top}
svg.panel{display:block;width:100%;background:#000}
.plate,.keep,.row,tr{break-inside:avoid}
.legend{font-size:7pt;color:#444}
.legend span{margin-right:4mm}
svg.swatch{width:7mm;height:1.9mm;margin-right:1mm}
table{border-collapse:collapse;width:100%;font-size:7.2pt}
thead{display:table-header-group}
th{font-weight:600;text-align:left;color:#444;border-bottom:.6pt solid #111;vertical-align:bottom}
th,td{padding:.4mm 2mm .4mm 0}
td{border-bottom:.25pt solid #ccc;vertical-align:top}
th.num,td.num{text-align:right;white-space:nowrap}
td.num+td:not(.num),th.num+th:not(.num){padding-left:2mm}
th small{font-weight:400}
.kind{white-space:nowrap}
.causes td.bar{width:40mm;vertical-align:middle}
.causes i{display:block;height:1.8mm;background:#111}
"""
"""The page's own style."""

_PICTURE: Final = (
    "path{{fill:none;stroke-linejoin:round;stroke-width:{line:.3g}}}"
    ".ectopic path{{stroke-width:{heavy:.3g}}}.halo{{stroke:#000;stroke-opacity:.4}}"
    ".mark path.halo{{stroke-width:{wide:.3g}}}"
    ".tick,.bar{{stroke:#fff}}text{{fill:#fff;font-family:sans-serif;font-weight:700}}"
    ".letter{{text-anchor:middle}}.small{{fill:#e4e4e4;font-weight:400}}"
)


def picture_css(side_mm: float) -> str:
    """The style inside a picture of ``side_mm``: lines have one strength on paper, whatever the picture shows."""
    line = side_mm / 190
    return _PICTURE.format(line=line, heavy=1.4 * line, wide=2.2 * line)


SWATCH_CSS: Final = "path{fill:none;stroke-width:2px}" + "".join(
    f".{kind}{{stroke:{colour}}}" for kind, colour in KIND_COLOURS.items()
)
