// Waiting for something to become true, and nothing else.

/** Asks until it is answered with something; that answer. Errors count as "not yet". */
export async function until(what, ask, { within = 30_000, every = 50 } = {}) {
  const end = Date.now() + within;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end)
      throw new Error(`${what} did not come within ${within} ms; last: ${last?.stack ?? JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** What is the same when asked again a moment later. */
export async function settled(ask) {
  let before;
  return until('it has settled', async () => {
    const now = await ask();
    const isSame = now === before;
    before = now;
    return isSame && now;
  }, { every: 300 });
}
