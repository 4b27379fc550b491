// Addresses: where we are, how to go elsewhere, and links that do not reload the page.
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  path: string;
  query: URLSearchParams;
  hash: string;
}

const watchers = new Set<() => void>();

export function here(): Place {
  return {
    path: location.pathname.replace(/(.)\/+$/, '$1'),
    query: new URLSearchParams(location.search),
    hash: location.hash.slice(1),
  };
}

function announce(): void {
  for (const watcher of [...watchers]) watcher();
}

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  const from = location.pathname;
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  if (location.pathname !== from) scrollTo(0, 0);
  announce();
}

export function address(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

// Sets or removes (null) parts of the query of the page we are on.
export function setQuery(changes: Record<string, string | null>, how: 'push' | 'replace' = 'replace'): void {
  const { path, query } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  go(address(path, query), how);
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = (): void => setPlace(here());
    watchers.add(update);
    update();
    return () => {
      watchers.delete(update);
    };
  }, []);
  return place;
}

// Only addresses of our own pages may be returned to after signing in.
export function safeReturn(text: string | null): string {
  if (text === null || !/^\/(?![/\\])/.test(text)) return '/';
  return /^\/(signin|setup|invite)\b/.test(text) ? '/' : text;
}

function followed(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target !== '' || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
  if (/\.\w+$/.test(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
}

export function startRouter(): void {
  addEventListener('popstate', announce);
  document.addEventListener('click', followed);
}
