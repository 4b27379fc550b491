// What the browser remembers between visits: choices, never secrets. A browser that refuses to
// store simply forgets.
const prefix = 'traffic.';

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    return;
  }
}
