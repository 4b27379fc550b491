// Asking again while something is under way and somebody looks. A person may ask the server about
// sixty times in two minutes, so nothing asks more often than `soon`.
import { useEffect, useRef } from 'preact/hooks';

export const soon = 6_000;
export const later = 30_000;

export function usePoll(every: number | null, ask: () => void): void {
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (every === null) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, every);
    return () => clearInterval(timer);
  }, [every]);
}
