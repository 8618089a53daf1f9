"""A guess at the unit of a column, from its name and the size of its values."""

from __future__ import annotations

import re

__all__ = ["is_angle", "is_energy", "is_mass", "looks_like_mev"]

_MEV = 5000.0
"""A mean magnitude above this is MeV: 5 GeV, where 5 TeV would be the alternative."""
_MOMENTUM = frozenset({"p", "pt", "px", "py", "pz", "e", "et", "energy", "met", "etmiss", "ht", "st", "meff"})
_MASS = frozenset({"m", "mass", "msd", "msoftdrop", "mt", "mct", "meff", "minv"})
_WORDS_OF_OTHERS = (
    "phi eta theta cos sin dphi deta dr rapidity angle fraction fractional frac ratio over rel relative significance sig iso charge"
    " type id pdg idx flag num weight sf scale area chi ndf centrality err error cov minus"
)
_OTHER = frozenset(_WORDS_OF_OTHERS.split())
"""Words that tell of another quantity, even beside a momentum: ``pt_ratio``, ``met_phi``, ``ETmiss_over_HT``."""
_OBJECTS = r"(j|jet|fj|b|l|ll|lep|e|el|mu|tau|g|gam|gamma|t|top|w|z|h|v|x|y|vis|jj|bb|tt|zz|ww|vv|lb|jb|4l|3l|2l)"
_MASS_OF = re.compile(rf"(m|mt|mass)_?{_OBJECTS}{{1,4}}")
_MOMENTUM_OF = re.compile(rf"(pt|px|py|pz|et)_?{_OBJECTS}{{1,4}}|.*(pt|px|py|pz|energy|etmiss|sumet)")


def is_mass(name: str) -> bool:
    """Say whether a column is called as masses are: ``m4l``, ``mll``, ``Higgs_mass``, ``invMass``, ``DER_mass_vis``, ``mt``."""
    words = _words(name)
    if _OTHER & words or {"px", "py", "pz", "pt"} & words or _bare(name).startswith("met"):
        return False
    return bool(_MASS & words or _bare(name).endswith("mass") or _MASS_OF.fullmatch(_bare(name)))


def is_energy(name: str) -> bool:
    """Say whether a column is called as momenta, energies or masses are: ``lep_pt``, ``MET``, ``px1``, ``E``, ``HT``, ``mll``."""
    words = _words(name)
    if _OTHER & words:
        return False
    return bool(_MOMENTUM & words or _MOMENTUM_OF.fullmatch(_bare(name))) or is_mass(name)


def is_angle(name: str) -> bool:
    """Say whether a column is called as angles are that go from -π to π, or from 0 to π: ``jet_phi``, ``dphi_ll``, ``theta1``."""
    words = _words(name)
    others = words & _OTHER - {"phi", "dphi", "theta", "angle"}
    return not others and bool({"phi", "dphi", "theta"} & words or _bare(name).endswith("phi"))


def looks_like_mev(name: str, size: float) -> bool:
    """Say whether a column looks as if in MeV where GeV is wanted: called as momenta or masses are, and large.

    Parameters
    ----------
    name
        The column's name.
    size
        The mean of the magnitude of its values, those that stand for "not there" left out.
    """
    return size > _MEV and is_energy(name)


def _words(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters and without numbers: ``leadLep_pt1`` is lead, lep and pt."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name.replace("PDGid", "PDG_id"))
    return frozenset(part.lower() for part in parts)


def _bare(name: str) -> str:
    """Return a name in small letters without the numbers at its end."""
    return name.lower().rstrip("0123456789_")
