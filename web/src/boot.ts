// Runs before the first paint: the right theme at once, and the files that the page will surely
// ask for next are under way before its code has arrived. The build writes their names beside us.
import { guessLocale } from './locale';
import { resolveTheme, storedTheme } from './theme';

function fetchEarly(href: string | undefined): void {
  if (href === undefined) return;
  const link = document.createElement('link');
  link.rel = 'modulepreload';
  link.href = href;
  document.head.append(link);
}

document.documentElement.dataset['theme'] = resolveTheme(storedTheme());
const files = document.currentScript?.dataset ?? {};
fetchEarly(files[guessLocale()]);
if (location.pathname === '/') fetchEarly(files['overview']);
