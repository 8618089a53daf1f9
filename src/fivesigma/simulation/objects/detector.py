"""The parametrised detector: one table of constants, each with the public source it imitates.

They are round numbers that imitate ATLAS and CMS as their papers describe them, not a calibration:

- muons: arXiv:1603.05598 (ATLAS; 99 % efficient for 5 < pt < 100 GeV and |η| < 2.5, but for the gap at |η| < 0.1;
  resolution 1.7 % for muons of J/ψ decays and 2.3 % for those of Z decays at small |η|, 2.9 % at large); down to 3.5 GeV
  as in searches for soft leptons, arXiv:1801.01846 (CMS);
- electrons: arXiv:1902.04655 (ATLAS; loose identification 93 % efficient at 40 GeV and less below; wrong charge by 0.1 % in
  the centre up to a few per cent at the edge); energy resolution 10 %/√E ⊕ 0.7 % of the calorimeter, JINST 3 (2008) S08003;
- jets: energy resolution arXiv:1607.03663 (CMS; 15-20 % at 30 GeV, 10 % at 100 GeV, 5 % at 1 TeV);
- fat jets: energy resolution 5 % and mass resolution 9 % at 500 GeV, arXiv:1807.09477 (ATLAS, trimmed jets of R = 1.0);
  where fat jets are not groomed, particles below 1 GeV are left out, which gives the jet masses of the LHC Olympics' events
  (made with Delphes, doi:10.5281/zenodo.4536377): soft charged ones curl up, soft neutral ones drown in noise;
- bottom quarks: the working points of the CSVv2 algorithm in top-pair events, arXiv:1712.07158 (CMS), table 2;
- missing momentum: arXiv:1903.06078 (CMS; some 20 GeV in each component with the pile-up of 2016, of which jets have a part).

Left out: impact parameters, pile-up other than as noise, triggers (taken as fully efficient), directions (taken as exact),
photons radiated at large angles, leptons that are none.
"""

from __future__ import annotations

from dataclasses import dataclass

from fivesigma.simulation.objects.jets import BottomTagging, JetResponse
from fivesigma.simulation.objects.leptons import LeptonResponse
from fivesigma.simulation.objects.missing_momentum import MissingMomentumResponse

__all__ = ["BOTTOM", "DETECTOR", "ELECTRON", "FAT_JET", "JET", "MISSING", "MUON", "Detector"]

ELECTRON = LeptonResponse(
    min_pt=5.0,
    max_eta=2.47,
    efficiency_pt=(5.0, 7.0, 20.0, 40.0, 80.0),
    efficiency=(0.60, 0.80, 0.88, 0.93, 0.95),
    barrel_eta=1.5,
    stochastic=(0.10, 0.10),
    constant=(0.007, 0.007),
    wrong_charge=(0.002, 0.02),
)
MUON = LeptonResponse(
    min_pt=3.5,
    max_eta=2.7,
    efficiency_pt=(3.5, 5.0, 10.0),
    efficiency=(0.75, 0.96, 0.99),
    gap_eta=0.1,
    gap_efficiency=0.7,
    barrel_eta=1.05,
    constant=(0.0165, 0.028),
    curvature=(3.6e-4, 3.6e-4),
)
JET = JetResponse(max_eta=4.7, noise=4.0, stochastic=0.8, constant=0.04)
FAT_JET = JetResponse(max_eta=4.7, noise=4.0, stochastic=0.8, constant=0.03, mass=0.08)
BOTTOM = BottomTagging(
    thresholds=(0.5426, 0.8484, 0.9535),
    bottom=(0.81, 0.63, 0.41),
    charm=(0.37, 0.12, 0.022),
    light=(0.089, 0.009, 0.001),
    max_eta=2.4,
)
MISSING = MissingMomentumResponse(max_eta=5.0, soft=12.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """The whole detector.

    Attributes
    ----------
    electron, muon
        What it makes of one lepton.
    dressing
        ΔR around a lepton within which photons count as part of it.
    jet, fat_jet, bottom
        What it makes of a jet, of a jet of large radius, and how it tells those of bottom quarks.
    fat_jet_particle
        Smallest pt in GeV of a particle that counts in a fat jet that is not groomed.
    missing
        How well it measures what is in none of them.
    """

    electron: LeptonResponse = ELECTRON
    muon: LeptonResponse = MUON
    dressing: float = 0.1
    jet: JetResponse = JET
    fat_jet: JetResponse = FAT_JET
    bottom: BottomTagging = BOTTOM
    fat_jet_particle: float = 1.0
    missing: MissingMomentumResponse = MISSING


DETECTOR = Detector()
"""The detector of the shipped events."""
