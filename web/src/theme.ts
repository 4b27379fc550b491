// Themes: which one is chosen, and which one that means now.
import { recall, remember } from './memory';

export const themes = ['auto', 'neon', 'navy', 'light'] as const;
export type Theme = (typeof themes)[number];

export function storedTheme(): Theme {
  const stored = recall('theme');
  return themes.find((theme) => theme === stored) ?? 'auto';
}

export function resolveTheme(theme: Theme): Exclude<Theme, 'auto'> {
  if (theme !== 'auto') return theme;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'neon';
}

const watchers = new Set<() => void>();

function apply(): void {
  const root = document.documentElement;
  const next = resolveTheme(storedTheme());
  if (root.dataset['theme'] === next) return;
  root.dataset['theme'] = next;
  for (const watcher of watchers) watcher();
}

export function setTheme(theme: Theme): void {
  remember('theme', theme);
  apply();
}

// Calls back whenever the colours on the screen change: charts paint with them.
export function onThemeChange(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function watchSystemTheme(): void {
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', apply);
  addEventListener('storage', apply);
}
