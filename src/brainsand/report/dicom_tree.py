"""How is a DICOM structured report put together? Content items (PS3.3 C.17.3) as small functions.

Each gives one item of a Content Sequence: what it is called, what it says, how it stands to the item above
(``relation``), and the items below it. What is None is left out by :func:`measured`: no value is ever made up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import DSfloat

from brainsand.model.codes import Code
from brainsand.report.dicom_source import codes

CONTAINS: Final = "CONTAINS"
CONTEXT: Final = "HAS OBS CONTEXT"
MODIFIER: Final = "HAS CONCEPT MOD"
ACQUIRED: Final = "HAS ACQ CONTEXT"
PROPERTIES: Final = "HAS PROPERTIES"

MM3: Final = Code(scheme="UCUM", value="mm3", meaning="cubic millimeter")
MM: Final = Code(scheme="UCUM", value="mm", meaning="millimeter")
MG: Final = Code(scheme="UCUM", value="mg", meaning="milligram")
HU: Final = Code(scheme="UCUM", value="[hnsf'U]", meaning="Hounsfield unit")
HU_MM3: Final = Code(scheme="UCUM", value="[hnsf'U].mm3", meaning="Hounsfield unit times cubic millimeter")
ONE: Final = Code(scheme="UCUM", value="1", meaning="no units")
PIXELS: Final = Code(scheme="UCUM", value="{pixels}", meaning="pixels")

METHOD: Final = Code(scheme="SCT", value="370129005", meaning="Measurement Method")
DERIVATION: Final = Code(scheme="DCM", value="121401", meaning="Derivation")
_UPPER: Final = Code(scheme="SCT", value="371886008", meaning="+, range of upper measurement uncertainty")
_LOWER: Final = Code(scheme="SCT", value="371885007", meaning="-, range of lower measurement uncertainty")


def container(
    name: Code, items: Iterable[Dataset], *, relation: str | None = CONTAINS, template: str | None = None
) -> Dataset:
    """A heading with items below; ``template`` is its number in PS3.16. The root has no ``relation``."""
    item = _item(name, "CONTAINER", relation, items)
    item.ContinuityOfContent = "SEPARATE"
    if template is not None:
        made = Dataset()
        made.MappingResource, made.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = Sequence([made])
    return item


def text(name: Code, words: str, relation: str = CONTAINS) -> Dataset:
    """Words."""
    item = _item(name, "TEXT", relation)
    item.TextValue = words
    return item


def coded(name: Code, value: Code, relation: str = CONTAINS, below: Iterable[Dataset] = ()) -> Dataset:
    """A code."""
    item = _item(name, "CODE", relation, below)
    item.ConceptCodeSequence = codes(value)
    return item


def person(name: Code, value: str, relation: str) -> Dataset:
    """A person's name."""
    item = _item(name, "PNAME", relation)
    item.PersonName = value
    return item


def day(name: Code, date: str, relation: str) -> Dataset:
    """A date, as ``YYYYMMDD``."""
    item = _item(name, "DATE", relation)
    item.Date = date
    return item


def uid(name: Code, value: str, relation: str) -> Dataset:
    """A unique identifier."""
    item = _item(name, "UIDREF", relation)
    item.UID = value
    return item


def number(
    name: Code, value: float, unit: Code, relation: str = CONTAINS, below: Iterable[Dataset] = ()
) -> Dataset:
    """A number with its unit."""
    measured_value = Dataset()
    whole = float(value).is_integer() and abs(value) < 1e15
    measured_value.NumericValue = DSfloat(str(int(value)) if whole else float(value), auto_format=not whole)
    measured_value.MeasurementUnitsCodeSequence = codes(unit)
    item = _item(name, "NUM", relation, below)
    item.MeasuredValueSequence = Sequence([measured_value])
    return item


def measured(
    name: Code,
    value: float | None,
    unit: Code,
    *,
    pm: float | None = None,
    decimals: int = 2,
    method: Code | None = None,
    derivation: Code | None = None,
    below: Iterable[Dataset] = (),
) -> list[Dataset]:
    """A measurement (TID 300) in a list, or an empty list where there is no value.

    ``pm`` is one standard deviation, written as upper and lower uncertainty (TID 310); both are rounded to
    ``decimals``.
    """
    if value is None:
        return []
    children = [*below]
    if method is not None:
        children.append(coded(METHOD, method, MODIFIER))
    if derivation is not None:
        children.append(coded(DERIVATION, derivation, MODIFIER))
    if pm is not None:
        children += [number(code, round(pm, decimals), unit, PROPERTIES) for code in (_UPPER, _LOWER)]
    return [number(name, round(value, decimals), unit, CONTAINS, children)]


def image(
    name: Code | None, what: Dataset, relation: str = CONTAINS, *, segment: int | None = None
) -> Dataset:
    """An image; ``what`` is a reference (:func:`~brainsand.report.dicom_source.reference`)."""
    item = _item(name, "IMAGE", relation)
    if segment is not None:
        what.ReferencedSegmentNumber = segment
    item.ReferencedSOPSequence = Sequence([what])
    return item


def region(name: Code, curve: Iterable[tuple[float, float]], where: Dataset) -> Dataset:
    """A closed curve of (column, row) on an image."""
    item = _item(name, "SCOORD", CONTAINS, [image(None, where, "SELECTED FROM")])
    item.GraphicType = "POLYLINE"
    item.GraphicData = [float(x) for point in curve for x in point]
    return item


def _item(name: Code | None, kind: str, relation: str | None, below: Iterable[Dataset] = ()) -> Dataset:
    item = Dataset()
    if relation is not None:
        item.RelationshipType = relation
    item.ValueType = kind
    if name is not None:
        item.ConceptNameCodeSequence = codes(name)
    children = list(below)
    if children:
        item.ContentSequence = Sequence(children)
    return item
