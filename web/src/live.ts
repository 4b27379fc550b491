// How fresh the data is. Every page shows it; while somebody looks, it is asked for again, and a
// new data version makes the pages of numbers load themselves anew.
import { useEffect, useState } from 'preact/hooks';
import { metrics } from './api/endpoints';
import type { Freshness } from './api/types';

const pollEvery = 10_000;
let known: Freshness | null = null;
let knownAt = 0;
const watchers = new Set<() => void>();
const newDataWatchers = new Set<() => void>();
export let reportZone = 'Asia/Almaty';

export function setReportZone(zone: string): void {
  reportZone = zone;
}

export function onNewData(watcher: () => void): () => void {
  newDataWatchers.add(watcher);
  return () => newDataWatchers.delete(watcher);
}

// Answers that carry freshness hand it in here, so that it is not asked for twice.
export function noteFreshness(fresh: Freshness): void {
  known = fresh;
  knownAt = Date.now();
  for (const watcher of [...watchers]) watcher();
}

export function forgetFreshness(): void {
  known = null;
  knownAt = 0;
}

async function poll(): Promise<void> {
  if (document.hidden) return;
  const before = known?.data_version;
  const fresh = await metrics.freshness();
  noteFreshness(fresh);
  if (before !== undefined && before !== fresh.data_version) {
    for (const watcher of [...newDataWatchers]) watcher();
  }
}

function quietly(): void {
  poll().catch(() => undefined); // the next turn tries again; pages show their own errors
}

export function startLive(): () => void {
  // A page that brings freshness along gets the chance to do so first.
  const first = setTimeout(() => {
    if (Date.now() - knownAt > pollEvery) quietly();
  }, 400);
  const timer = setInterval(quietly, pollEvery);
  const seen = (): void => {
    if (!document.hidden && Date.now() - knownAt > pollEvery / 2) quietly();
  };
  document.addEventListener('visibilitychange', seen);
  return () => {
    clearTimeout(first);
    clearInterval(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}

export function useFreshness(): Freshness | null {
  const [fresh, setFresh] = useState(known);
  useEffect(() => {
    const update = (): void => setFresh(known);
    watchers.add(update);
    update();
    return () => {
      watchers.delete(update);
    };
  }, []);
  return fresh;
}
