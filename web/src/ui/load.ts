// Loading for a page: abort on leaving, the old answer stays in sight while the new one comes,
// and pages of numbers come again by themselves when the server's data changes.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isAborted } from '../api/client';
import { onNewData } from '../live';

export interface Loaded<T> {
  data: T | null;
  error: unknown; // null when the last attempt went well
  busy: boolean;
  reload: () => void;
}

const kept = new Map<string, unknown>();
const keepAtMost = 30;

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next();
  if (kept.size > keepAtMost && !oldest.done) kept.delete(oldest.value);
}

export function forgetLoaded(): void {
  kept.clear();
  early.clear();
}

const early = new Map<string, Promise<unknown>>();

// An answer that was asked for before its page was there to ask. It serves once.
export function prefetch<T>(key: string, answer: Promise<T>): void {
  answer.catch(() => undefined); // whoever takes it sees the error
  early.set(key, answer);
}

export function takePrefetched<T>(key: string): Promise<T> | undefined {
  const found = early.get(key) as Promise<T> | undefined;
  early.delete(key);
  return found;
}

interface State<T> {
  key: string | null;
  data: T | null;
  error: unknown;
  busy: boolean;
}

// key names what is loaded, the query included; null waits. With live, new data is fetched quietly.
export function useLoad<T>(
  key: string | null,
  fetcher: (signal: AbortSignal) => Promise<T>,
  live = false,
): Loaded<T> {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<State<T>>({ key: null, data: null, error: null, busy: key !== null });
  const latest = useRef(fetcher);
  latest.current = fetcher;

  useEffect(() => {
    if (key === null) return undefined;
    const controller = new AbortController();
    setState((before) => {
      const known = kept.has(key) ? (kept.get(key) as T) : before.data;
      return { key, data: known, error: null, busy: true };
    });
    latest.current(controller.signal).then(
      (data) => {
        keep(key, data);
        setState({ key, data, error: null, busy: false });
      },
      (error: unknown) => {
        if (isAborted(error) || controller.signal.aborted) return;
        setState((before) => ({ ...before, error, busy: false }));
      },
    );
    return () => controller.abort();
  }, [key, turn]);

  const reload = useCallback(() => setTurn((value) => value + 1), []);
  useEffect(() => (live ? onNewData(reload) : undefined), [live, reload]);
  return { data: state.data, error: state.error, busy: state.busy, reload };
}
