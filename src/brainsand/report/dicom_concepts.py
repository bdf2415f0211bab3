"""Which concepts of PS3.16 does our structured report use? Names as its dictionary has them, in the report's order."""

from __future__ import annotations

from typing import Final

from brainsand.model.codes import Code


def _dcm(value: str, meaning: str) -> Code:
    return Code(scheme="DCM", value=value, meaning=meaning)


def _sct(value: str, meaning: str) -> Code:
    return Code(scheme="SCT", value=value, meaning=meaning)


REPORT: Final = _dcm("126000", "Imaging Measurement Report")
LANGUAGE: Final = _dcm("121049", "Language of Content Item and Descendants")
ENGLISH: Final = Code(scheme="RFC5646", value="en-US", meaning="English (United States)")
OBSERVER: Final = _dcm("121005", "Observer Type")
DEVICE: Final = _dcm("121007", "Device")
DEVICE_UID: Final = _dcm("121012", "Device Observer UID")
DEVICE_NAME: Final = _dcm("121013", "Device Observer Name")
DEVICE_MANUFACTURER: Final = _dcm("121014", "Device Observer Manufacturer")
DEVICE_MODEL: Final = _dcm("121015", "Device Observer Model Name")
DEVICE_SERIAL: Final = _dcm("121016", "Device Observer Serial Number")
PERSON: Final = _dcm("121006", "Person")
PERSON_NAME: Final = _dcm("121008", "Person Observer Name")
PERSON_ORGANIZATION: Final = _dcm("121009", "Person Observer's Organization Name")
PROCEDURE: Final = _dcm("121058", "Procedure reported")
LIBRARY: Final = _dcm("111028", "Image Library")
LIBRARY_GROUP: Final = _dcm("126200", "Image Library Group")
MODALITY: Final = _dcm("121139", "Modality")
CT: Final = _dcm("CT", "Computed Tomography")
TARGET: Final = _dcm("123014", "Target Region")
STUDY_DATE: Final = _dcm("111060", "Study Date")
FRAME_OF_REFERENCE: Final = _dcm("112227", "Frame of Reference UID")
ROWS: Final = _dcm("110910", "Pixel Data Rows")
COLUMNS: Final = _dcm("110911", "Pixel Data Columns")
ACROSS: Final = _dcm("111026", "Horizontal Pixel Spacing")
DOWN: Final = _dcm("111066", "Vertical Pixel Spacing")
MEASUREMENTS: Final = _dcm("126010", "Imaging Measurements")
GROUP: Final = _dcm("125007", "Measurement Group")
TRACKING: Final = _dcm("112039", "Tracking Identifier")
TRACKING_UID: Final = _dcm("112040", "Tracking Unique Identifier")
FINDING: Final = _dcm("121071", "Finding")
CATEGORY: Final = _sct("276214006", "Finding category")
FINDING_SITE: Final = _sct("363698007", "Finding Site")
LATERALITY: Final = _sct("272741003", "Laterality")
TOPOGRAPHY: Final = _sct("106233006", "Topographical modifier")
ALGORITHM: Final = _dcm("111001", "Algorithm Name")
ALGORITHM_VERSION: Final = _dcm("111003", "Algorithm Version")
ALGORITHM_PARAMETERS: Final = _dcm("111002", "Algorithm Parameters")
REGION: Final = _dcm("111030", "Image Region")
SEGMENT: Final = _dcm("121191", "Referenced Segment")
SOURCE_SERIES: Final = _dcm("121232", "Source series for segmentation")
LONG_AXIS: Final = _sct("103339001", "Long Axis")
QUALITATIVE: Final = Code(scheme="UMLS", value="C0034375", meaning="Qualitative Evaluations")
IMPRESSION: Final = _dcm("121073", "Impression")
DIFFERENTIAL: Final = _dcm("111023", "Differential Diagnosis/Impression")
COMMENT: Final = _dcm("121106", "Comment")
TIME_POINT: Final = Code(scheme="UMLS", value="C2348792", meaning="Time Point")
TIME_POINT_ORDER: Final = _dcm("126073", "Time Point Order")
