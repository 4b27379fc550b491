// Asking again while something is under way and somebody looks.
import { useEffect, useRef } from 'preact/hooks';

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
