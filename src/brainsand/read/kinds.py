"""What kind of series is it: a plain head CT, or something that only looks like one?

Each kind is known by its Image Type (PS3.3 C.8.2.1.1.1, C.8.15.2), Rescale Type (C.11.1.1.2), kernel,
contrast agent, direction, and the words radiographers write into descriptions. A kind whose numbers are no
attenuation is *refused*; a kind that can be measured with less trust carries a *caution* and is taken only
if nothing better is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from brainsand.model.caution import Caution
from brainsand.read.elements import text_of
from brainsand.read.geometry import upward_normal
from brainsand.read.header import CT_CLASSES, SliceHeader
from brainsand.read.kernel import is_sharp
from brainsand.read.series import Stack, is_localizer


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SCOUT: Final = _words(r"localizer|scout|topogram|surview|scanogram")
_RENDERED: Final = _words(r"\b(t?mip|minip|vrt?|ssd)\b|volume.?render|projection image|rendered")
_PERFUSION: Final = _words(r"\b(cbf|cbv|mtt|ttp|tmax|rbf|rbv|ctp)\b|perfusion")
_DUAL_ENERGY: Final = _words(
    r"\b(vnc|vnca|vue|rho|zeff|z_eff)\b|virtual.?(non|unenh|native)|iodine|calcium.?(supp|map)|hydroxyapatite"
    r"|uric.?acid|electron.?dens|effective.?(z|atomic)|\bwater ?\(|material.?(dens|basis)"
)
_MONOENERGETIC: Final = _words(r"\bmono(e\b|.?energetic|.?chromatic|\+)|\b\d{2,3} ?kev\b")
_REFORMAT: Final = _words(r"\b(mpr|mpvr|cor|sag|coronal|sagittal|reformat(ted)?|rfmt)\b")
_NO_CONTRAST: Final = _words(
    r"without|\bw/?o\b|non.?con|non.?enh|unenh|\bplain\b|nativ|\bn[ce]ct\b|\bc-|\bsans\b|\bohne\b|\bsin\b|pre.?con"
)
_CONTRAST: Final = _words(
    r"\b(cta|ctv|cow|km|iv)\b|angio|venogra|circle of willis|contrast|kontrast|post.?con|\bc\+|\+c\b|\bwith c"
    r"|inject|\benhanced"
)
_BOTH: Final = _words(r"with(out)? (and|&) with|w/?wo\b|w/?o ?(and|&|/)? ?w\b")
_HEAD: Final = _words(
    r"head|brain|skull|neuro|cereb|crani|cran\b|crane|kopf|schädel|schaedel|hirn|cabeza|cerveau|encephal|testa|\btete|tête"
)
_OTHER_PART: Final = _words(
    r"chest|thora|abdom|pelvi|lung|spine|lumbar|l-?spine|c-?spine|cardiac|heart|liver|kidney|knee|hip\b|foot|ankle"
    r"|hand\b|wrist|elbow|shoulder|extrem|colon|aorta"
)
_AGENT_NONE: Final = _words(
    r"^(none|no|n|nil|0|c-|non|without|w/?o|unenhanced|plain|ohne|nein|sin|sans|native?)(?!\w)|^-*$"
)
_HU_TYPES: Final = ("HU", "US", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a stack is. ``refused`` says why it can never be measured; ``None`` means it can.

    ``code`` names the refusal. ``head`` is True where the words say head, False where they name another
    part, ``None`` where they say neither; ``contrast`` likewise; ``sharp`` is of the kernel.
    """

    refused: str | None
    code: str | None
    head: bool | None
    contrast: bool | None
    sharp: bool | None
    axial: bool
    derived: bool
    monoenergetic: bool

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What to say if this stack is measured all the same."""
        said = (
            (self.sharp is True, "bone_kernel", _SAID_SHARP),
            (self.contrast is True, "contrast_given", _SAID_CONTRAST),
            (not self.axial, "not_axial", _SAID_NOT_AXIAL),
            (self.derived, "derived_series", _SAID_DERIVED),
            (self.monoenergetic, "monoenergetic", _SAID_MONO),
            (self.head is False, "other_body_part", _SAID_OTHER_PART),
        )
        return tuple(Caution(code=code, words=words) for holds, code, words in said if holds)


_SAID_SHARP: Final = (
    "Only a sharp (bone) kernel was there: it raises noise and overshoots at edges, so peaks and threshold "
    "volumes come out too large and small deposits may be noise."
)
_SAID_CONTRAST: Final = (
    "Contrast was given according to the header: bright vessels, sinuses and choroid plexus can hide or "
    "imitate calcium."
)
_SAID_NOT_AXIAL: Final = "The slices are not axial; the image may have been cut from another stack."
_SAID_DERIVED: Final = (
    "The series was computed from another one (Image Type DERIVED), which smooths and blends slices."
)
_SAID_MONO: Final = (
    "The series is a virtual monoenergetic image: the HU of calcium depend on its energy and differ from "
    "those of a plain scan."
)
_SAID_OTHER_PART: Final = "The header names another part of the body than the head."


def kind_of(stack: Stack) -> Kind:
    """What a stack is, by its first slice's header.

    See also ``choose``, which ranks stacks by it.
    """
    header = stack.first
    said = said_of(header)
    refused = _refusal(header, said)
    return Kind(
        refused=refused[1] if refused else None,
        code=refused[0] if refused else None,
        head=_head(header),
        contrast=contrast_of(header),
        sharp=is_sharp(header.kernel or text_of(header.dataset, 0x00181160), header.description),
        axial=_is_axial(header),
        derived="DERIVED" in (part.upper() for part in header.image_type) or bool(_REFORMAT.search(said)),
        monoenergetic=bool(_MONOENERGETIC.search(said)),
    )


def said_of(header: SliceHeader) -> str:
    """Image type, series description and derivation as one text to look for words in."""
    derivation = text_of(header.dataset, 0x00082111) or ""
    return " ".join([*header.image_type, header.description, derivation]).replace("_", " ")


def contrast_of(header: SliceHeader) -> bool | None:
    """Whether contrast was given: by the agent (0018,0010), else by the description; ``None`` if silent."""
    agent = text_of(header.dataset, 0x00180010)
    if agent is not None:
        return not _AGENT_NONE.search(agent.strip())
    if _BOTH.search(header.description):
        return None
    if _NO_CONTRAST.search(header.description):
        return False
    return True if _CONTRAST.search(header.description) else None


def _refusal(header: SliceHeader, said: str) -> tuple[str, str] | None:
    """A code and words where the numbers are no attenuation of a cut through a body."""
    if header.sop_class is not None and header.sop_class not in CT_CLASSES:
        return "not_ct", f"no CT image (modality {header.modality or 'not said'})"
    if header.modality not in (None, "CT"):
        return "not_ct", f"modality {header.modality}, not CT"
    if is_localizer(header) or _SCOUT.search(said):
        return "localizer", "a localizer, a view through the body and not a cut"
    if (header.pixels.rescale_type or "").upper() not in _HU_TYPES:
        return "not_hounsfield", f"values in {header.pixels.rescale_type}, not HU"
    if header.pixels.samples != 1:
        return "not_ct", "a colour picture"
    for pattern, code, words in _NO_ATTENUATION:
        if pattern.search(said):
            return code, words
    return None


_NO_ATTENUATION: Final = (
    (_RENDERED, "rendered", "a projection or rendering, not attenuation of single voxels"),
    (_PERFUSION, "perfusion", "a perfusion series or map"),
    (_DUAL_ENERGY, "dual_energy_derived", "a dual-energy map, in which calcium is changed or taken out"),
)


def _head(header: SliceHeader) -> bool | None:
    part = text_of(header.dataset, 0x00180015) or ""
    protocol = text_of(header.dataset, 0x00181030) or ""
    for text in (header.description, part, protocol):
        if _HEAD.search(text):
            return True
    return False if _OTHER_PART.search(" ".join((header.description, part, protocol))) else None


def _is_axial(header: SliceHeader) -> bool:
    if header.orientation is None:
        return True
    cosines = np.asarray(header.orientation, float)
    if not np.linalg.norm(np.cross(cosines[:3], cosines[3:])):
        return True
    return bool(np.argmax(np.abs(upward_normal(cosines))) == 2)
