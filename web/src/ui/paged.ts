// A list that comes page by page: the first with the filters, the next on request.
import { useEffect, useRef, useState } from 'preact/hooks';
import { isAborted } from '../api/client';
import type { List } from '../api/types';
import { useLoad, type Loaded } from './load';

export interface Paged<T> extends Loaded<List<T>> {
  items: T[];
  next: string | null;
  loadingMore: boolean;
  moreError: unknown;
  more: () => void;
}

interface Rest<T> {
  items: T[];
  next: string | null;
}

export function usePaged<T>(
  key: string,
  fetcher: (cursor: string | null, signal: AbortSignal) => Promise<List<T>>,
  live = false,
): Paged<T> {
  const first = useLoad(key, (signal) => fetcher(null, signal), live);
  const [rest, setRest] = useState<Rest<T> | null>(null);
  const [loadingMore, setLoadingMore] = useState(false);
  const [moreError, setMoreError] = useState<unknown>(null);
  const controller = useRef<AbortController | null>(null);

  // A new first page makes the pages after it meaningless.
  useEffect(() => {
    controller.current?.abort();
    setRest(null);
    setLoadingMore(false);
    setMoreError(null);
  }, [first.data]);
  useEffect(() => () => controller.current?.abort(), []);

  const next = rest ? rest.next : (first.data?.next ?? null);
  const more = (): void => {
    if (loadingMore || next === null) return;
    const mine = new AbortController();
    controller.current = mine;
    setLoadingMore(true);
    setMoreError(null);
    fetcher(next, mine.signal).then(
      (page) => {
        setRest((before) => ({ items: [...(before?.items ?? []), ...page.items], next: page.next }));
        setLoadingMore(false);
      },
      (error: unknown) => {
        if (isAborted(error)) return;
        setMoreError(error);
        setLoadingMore(false);
      },
    );
  };
  return { ...first, items: [...(first.data?.items ?? []), ...(rest?.items ?? [])], next, loadingMore, moreError, more };
}
