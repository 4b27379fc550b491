// Money as it was written: decimals become whole micro-units, never floating point.

/** JSON whose numbers stay text, so that no digit is lost. */
export function exactJson(text) {
  let out = '';
  let at = 0;
  for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g)) {
    out += text.slice(at, m.index) + (m[0][0] === '"' ? m[0] : `"${m[0]}"`);
    at = m.index + m[0].length;
  }
  return JSON.parse(out + text.slice(at));
}

/** "12.5" -> 12500000n */
export function micros(text) {
  const m = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text);
  if (!m) throw new Error(`not an exact amount: ${text}`);
  const n = BigInt(m[2]) * 1_000_000n + BigInt((m[3] ?? '').padEnd(6, '0'));
  return m[1] ? -n : n;
}

/** a * b / c, rounded half away from zero. */
export function muldiv(a, b, c) {
  const n = a * b;
  const sign = (n < 0n) !== (c < 0n) ? -1n : 1n;
  const abs = (x) => (x < 0n ? -x : x);
  return sign * ((2n * abs(n) + abs(c)) / (2n * abs(c)));
}

/** Numbers that are the same on every run. */
export function chance(seed) {
  let x = seed >>> 0 || 1;
  return (n) => {
    x ^= x << 13; x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5; x >>>= 0;
    return x % n;
  };
}
