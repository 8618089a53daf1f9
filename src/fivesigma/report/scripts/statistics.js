// The formulas behind the threshold, as the library has them; a test holds them against it.

/** (1 + x) ln(1 + x) - x, by its series where the difference would cancel. */
function entropy(x) {
  if (Math.abs(x) >= 0.02) return x <= -1 ? 1 : (1 + x) * Math.log1p(x) - x;
  let series = 0;
  for (let k = 12; k > 1; k--) series = x * series + (k % 2 ? -1 : 1) / (k * (k - 1));
  return x * x * series;
}

/** Median discovery significance of s on b ± error: arXiv:1007.1727 eq. 97; G. Cowan (2012) eq. 20. */
function asimovZ(s, b, error) {
  if (!(b > 0) || s + b < 0) return NaN;
  const variance = error * error, share = b / (b + variance), perTau = variance / b;
  const excess = s * share, profiled = b + s * (1 - share);
  let total = profiled * entropy(Math.max(excess / profiled, -1));
  if (perTau > 1e-100) total += (profiled / perTau) * entropy(Math.max((-excess * perTau) / profiled, -1));
  return Math.sign(s) * Math.sqrt(2 * Math.max(total, 0));
}

/** AMS of yields with a regulator: C. Adam-Bourdarios et al., PMLR 42 (2015) eq. 7. */
function ams(s, b, regulator) {
  return asimovZ(s, b + regulator, 0);
}

/** √q̃ of a signal s on Asimov data of background b ± error alone, the background profiled: arXiv:1007.1727 eq. 16. */
function rootQ(s, b, error) {
  const t = (error * error) / b;
  const linear = (1 + t) * (b - s), root = Math.sqrt(linear * linear + 4 * (1 + t) * b * s);
  const best = t === 0 ? b : linear > 0 ? (linear + root) / (2 * (1 + t)) : (2 * b * s) / (root - linear);
  const expected = s + best, shift = (best - b) / b;
  const aside = t === 0 ? 0 : (b / t) * (shift - Math.log1p(shift));
  return Math.sqrt(2 * Math.max(expected - b + b * Math.log(b / expected) + aside, 0));
}

/** Asymptotic CLs limits on the signal at -2, -1, 0, +1, +2 σ of what background alone gives: where √q̃ reaches each threshold. */
function expectedLimits(b, error, thresholds) {
  return thresholds.map((threshold) => {
    let low = 0, high = Math.sqrt(b + error * error) + 1;
    while (rootQ(high, b, error) < threshold) [low, high] = [high, 2 * high];
    for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
      const middle = (low + high) / 2;
      if (rootQ(middle, b, error) < threshold) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  });
}
