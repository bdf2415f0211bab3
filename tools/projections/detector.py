"""From paths through matter to what the reconstruction is given: signal, noise, corrections.

- signal: the energy that all photons of the spectrum bring through, over what comes without a body;
- noise: the sum of Poisson counts of all energies, drawn as one Poisson count with the same mean and variance;
- water correction: a polynomial that makes any depth of water come out as its own cm (Herman, Phys Med Biol
  1979;24:81, doi 10.1088/0031-9155/24/1/008);
- bone correction: bone is taken from a first reconstruction, its paths are summed, and the water beside it is
  solved for (Joseph and Spital, J Comput Assist Tomogr 1978;2:100, doi 10.1097/00004728-197801000-00017).

Scatter, the bowtie filter, crosstalk and detector lag are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from projections.spectrum import Spectrum
from projections.substances import mass_attenuation

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_DEEPEST_CM: Final = 60.0
_DEGREE: Final = 8
_MOST_BONE_G_CM2: Final = 30.0
_TABLE: Final = (121, 601)


@dataclass(frozen=True, kw_only=True, eq=False)
class Detector:
    """What a spectrum's detector says of paths, and how the scanner corrects it."""

    spectrum: Spectrum

    def loss(self, paths: Mapping[str, ArrayLike]) -> Floats32:
        """Minus the logarithm of the share of signal that comes through g/cm2 of each substance."""
        shares = self.through(paths)
        return np.asarray(-np.log(shares), np.float32)

    def through(self, paths: Mapping[str, ArrayLike]) -> Floats32:
        """Share of signal (0 to 1) that comes through g/cm2 of each substance."""
        named = {name: np.asarray(path, np.float32) for name, path in paths.items()}
        weights = {name: self.spectrum.attenuation(name).astype(np.float32) for name in named}
        shape = np.broadcast_shapes(*(p.shape for p in named.values()))
        shares = np.zeros(shape, np.float32)
        for e, share in enumerate(self.spectrum.signal):
            depth = sum(named[name] * weights[name][e] for name in named)
            shares += np.float32(share) * np.exp(-depth)
        return shares

    def noisy(self, shares: ArrayLike, *, photons: float, rng: np.random.Generator) -> Floats32:
        """Signal with the noise of ``photons`` leaving the filter for each ray; as a share like ``shares``.

        How many photons a unit of signal is worth follows from the energies left behind the depth of water that
        brings as much signal through.
        """
        mean = np.asarray(shares, np.float64)
        counts = mean * photons * self._worth(mean)
        drawn = rng.poisson(counts) / np.maximum(photons * self._worth(mean), 1e-9)
        # A ray that no photon comes through is given half a photon: its logarithm must exist.
        return np.asarray(np.maximum(drawn, 0.5 / photons), np.float32)

    def _worth(self, shares: Floats) -> Floats:
        """Poisson counts that one unit of signal share stands for, per photon sent, by the depth of water."""
        depth = np.linspace(0, _DEEPEST_CM, 121)
        kev, photons = self.spectrum.kev, self.spectrum.photons
        left = np.exp(-np.outer(depth, self.spectrum.attenuation("water"))) * photons
        sent = float(photons @ kev)
        # Mean (sum n E) over variance (sum n E^2), both in shares of the signal sent.
        worth = (left @ kev) / (left @ kev**2) * sent
        came = left @ kev / sent
        return np.asarray(np.interp(shares, came[::-1], worth[::-1]))

    def water_cm(self, loss: ArrayLike) -> Floats32:
        """Loss made linear in water: cm of water that lose as much."""
        scaled = np.asarray(loss, np.float32) / self._polynomial[0]
        return np.asarray(scaled * np.polynomial.polynomial.polyval(scaled, self._polynomial[1]), np.float32)

    @cached_property
    def _polynomial(self) -> tuple[float, Floats]:
        """Scale of the loss, and coefficients of water over scaled loss by scaled loss."""
        depth = np.linspace(0.05, _DEEPEST_CM, 400)
        loss = self.loss({"water": depth}).astype(np.float64)
        scale = float(loss[-1])
        fitted = np.polynomial.polynomial.polyfit(loss / scale, depth / (loss / scale), _DEGREE - 1)
        return scale, np.asarray(fitted)

    def water_beside_bone_cm(self, loss: ArrayLike, bone_g_cm2: ArrayLike) -> Floats32:
        """Loss corrected for water and bone: cm of water, the bone counted as the cm that weaken as much at
        the spectrum's effective energy."""
        bone = np.clip(np.asarray(bone_g_cm2, np.float32), 0, _MOST_BONE_G_CM2)
        first = self.water_cm(loss)
        at = [bone * ((_TABLE[0] - 1) / _MOST_BONE_G_CM2), first * ((_TABLE[1] - 1) / _DEEPEST_CM)]
        shift = ndimage.map_coordinates(self._bone_table, at, order=1, mode="nearest")
        return np.asarray(first + shift, np.float32)

    @cached_property
    def _bone_table(self) -> Floats32:
        """What to add to the water-corrected cm, by bone (g/cm2) and by those cm."""
        bone = np.linspace(0, _MOST_BONE_G_CM2, _TABLE[0])
        seen = np.linspace(0, _DEEPEST_CM, _TABLE[1])
        # Less water than none is asked for where a ray's bone was taken for more than it is.
        water = np.linspace(-_DEEPEST_CM / 4, _DEEPEST_CM, 601)
        kev = self.spectrum.effective_kev() if len(self.spectrum.kev) > 1 else float(self.spectrum.kev[0])
        like = float(mass_attenuation("bone", kev) / mass_attenuation("water", kev))
        table = np.empty(_TABLE, np.float32)
        for row, b in enumerate(bone):
            came = self.water_cm(self.loss({"water": water, "bone": np.full_like(water, b)}))
            table[row] = np.interp(seen, came, water + b * like) - seen
        return table
